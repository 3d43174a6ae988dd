/** What the page of searches asks the service. */

import { counting, isClip, placed } from "./asking/parts.js";
import { ask, form, upload } from "./api.js";
import { of } from "./galleries.js";

const K = 24;
const MOMENTS = 3;

export const gallery = (name) => ask(of(name));

export const clip = (name, id) => ask(of(name, "clips", id));

/** Where a clip is as something to look at: its `preview`, `thumbnail` or `waveform`. */
export const view = ({ media }, what) => media.replace(/media$/, what);

/** What is found for a search, as inquiry.js reads it; `extra` is laid over what is sent, `onProgress` told of what is sent of a file. */
export function search(name, asked, extra, { signal, onProgress } = {}) {
  const parts = counting(asked.parts);
  const part = parts.find(({ file }) => file);
  const queries = [...worded(asked.text), ...parts.filter((each) => each !== part).map((each) => query(each, asked))];
  const sent = { to: asked.to, k: K, ...narrowed(asked.filters), ...extra };
  sent.moments = momentsOf(sent);
  if (!part) return ask(of(name, "search"), { json: { ...sent, queries }, signal });
  const { where, ...fields } = sent;
  const texts = { where: JSON.stringify(where ?? []), queries: JSON.stringify(queries) };
  const brought = { file: part.file, from: asked.from, weight: part.weight };
  return upload(of(name, "search"), form({ ...brought, ...fields, ...texts }), { signal, onProgress });
}

/** What comes after an answer to a search by these filters. */
export const more = ({ gallery: name, cursor }, filters, signal) =>
  ask(of(name, "search"), { json: { cursor, k: K, moments: momentsOf(narrowed(filters)) }, signal });

/** Only clips have further ones. */
const momentsOf = ({ by }) => (by === "clip" ? MOMENTS : 0);

/** The names under which clips have metadata, as far as the first of them tell: "place.city". */
export async function fields(name) {
  const { clips } = await ask(of(name, "clips"), { query: { limit: 100 } });
  return [...new Set(clips.flatMap(({ metadata }) => paths(metadata)))].sort();
}

const paths = (held, before = "") =>
  Object.entries(held).flatMap(([key, each]) => (each && typeof each === "object" && !Array.isArray(each) ? paths(each, `${before}${key}.`) : [`${before}${key}`]));

export const classify = (name, file, signal) => ask("/v1/classify", { form: { file, gallery: name, k: 3 }, signal });

const worded = (text) => (text ? [{ text }] : []);

function query(part, { from, to }) {
  const { weight, kind, value } = part;
  if (!isClip(part)) return { text: value, weight };
  const { number, clip: id } = placed(part);
  return { ...(kind === "window" ? { window: number } : { clip: id }), route: `${from}->${to}`, weight };
}

/** Filters as the service takes them; a day is one of the person who asks, and the last one counts whole.
 *
 * Each clip is found once, with its best moments, unless all moments are asked for, or those of one clip.
 */
function narrowed({ added_from: since, added_to: until, by, ...others }) {
  const filters = { ...others, added_from: day(since), added_to: day(until, 1), by: by ?? (others.among?.length ? "window" : "clip") };
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value?.length ?? Number.isFinite(value)));
}

function day(written, later = 0) {
  const found = new Date(`${written}T00:00`);
  if (!written || Number.isNaN(found.valueOf())) return null;
  found.setDate(found.getDate() + later);
  return found.toISOString();
}
