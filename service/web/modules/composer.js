/** Where a search is put together: words, clips, what to find, and among which clips. */

import * as arriving from "./asking/arriving.js";
import * as chips from "./asking/chips.js";
import * as choices from "./asking/choices.js";
import { complete, fitting } from "./asking/completion.js";
import * as filters from "./asking/filters.js";
import { isClip, KINDS } from "./asking/parts.js";
import { at } from "./dom.js";
import { count } from "./format.js";
import { isAsked } from "./inquiry.js";

const uploads = new Map();
const field = at("text");
let search = null;
let gallery = { routes: [], labels: {} };
let ways = {};

/** Tell of each new search by `onAsk`; `clip` gives a clip of the gallery by its id, `fields` those of the clips' metadata, `recent` what was asked before. */
export function start({ onAsk, clip, fields, recent }) {
  ways = { onAsk, clip, onWeigh: (part, weight) => change({ parts: put(part, { weight }) }), onRemove: (part) => remove(part) };
  at("composer").addEventListener("submit", (event) => event.preventDefault() || change({}));
  at("composer").addEventListener("change", ({ target: { type, name, value } }) => type === "radio" && change({ [name]: value }));
  at("add").addEventListener("click", addWords);
  field.addEventListener("input", () => (at("add").hidden = !field.value.trim()));
  complete(field, at("completions"), { offered: (typed) => offered(typed, recent), onPick: () => change({}), early: true });
  filters.start({ labels, fields, clip, onChange: (found) => change({ filters: found }) });
  arriving.start(take);
  for (const sense of ["audio", "video"]) at(`record-${sense}`).addEventListener("click", () => record(sense));
  addEventListener("keydown", (event) => event.key === "Escape" && !document.querySelector("dialog[open]") && search.parts.length && remove(search.parts.at(-1)));
}

export const asked = () => search;

/** Show a search, and give it as it can be asked: with the files of before, and by routes that there are. */
export function fill(found) {
  const parts = found.parts.map((each) => (each.kind === "upload" ? { ...each, file: uploads.get(each.value) } : each));
  return draw({ ...found, parts });
}

/** Offer what a gallery has. */
export function offer(opened) {
  const typed = field.value; // by whoever did not wait for the gallery
  gallery = opened;
  field.disabled = !choices.takesWords(opened.routes);
  draw(search);
  field.value = typed;
  at("add").hidden = !typed.trim();
}

/** Ask for something else; words that are typed count too, as a part of it where there are others. */
export function change(changed) {
  const before = search;
  draw(normal({ ...search, text: field.value.trim(), ...changed }));
  if (isAsked(search) || isAsked(before)) ways.onAsk(search);
}

/** Another example, which counts for or against what is found; by what it is sought for, unless `from` says otherwise. */
export function exemplify(part, { to = search.to, from = null } = {}) {
  const others = search.parts.filter(({ value }) => value !== part.value);
  change({ parts: [...others, part], to, from: from ?? (others.some(isClip) ? search.from : to) });
}

export const clear = () => change({ text: "", parts: [] });

/** Its own script comes when somebody wants to record. */
const record = (sense) => import("./asking/recording.js").then((recording) => recording.record(sense, take));

/** Words of the gallery for what is typed; what was asked before, as long as there is nothing. */
function offered(typed, recent) {
  at("completions").ariaLabel = typed ? "Words of this gallery" : "Recent searches";
  if (typed) return fitting(labels(), typed);
  return search.parts.length ? [] : recent();
}

function take(file) {
  const part = { kind: "upload", value: named(file), weight: 1, file };
  const sense = choices.senseOf(file);
  const others = search.parts.filter(({ kind }) => kind !== "upload");
  const isFirst = !search.parts.length && !field.value.trim();
  change({ parts: [...others, part], from: sense ?? (isFirst ? null : search.from), to: isFirst ? (sense === "video" ? "audio" : "video") : search.to });
}

/** Its name, or that with a number where another file had it: Back must find each. */
function named(file) {
  const same = (known) => !known || (known.size === file.size && known.lastModified === file.lastModified);
  let name = file.name;
  for (let i = 2; !same(uploads.get(name)); i += 1) name = `${file.name} (${i})`;
  uploads.set(name, file);
  return name;
}

function addWords() {
  draw({ ...search, text: "", parts: [...search.parts, words(field.value.trim())] });
  field.focus();
}

function remove(part) {
  change({ parts: search.parts.filter(({ kind, value }) => kind !== part.kind || value !== part.value) });
  field.focus();
}

const put = ({ kind, value }, changed) => search.parts.map((each) => (each.kind === kind && each.value === value ? { ...each, ...changed } : each));

/** As they are in the address, so that they stay where they are when it is read. */
const inOrder = (one, other) => KINDS.indexOf(one.kind) - KINDS.indexOf(other.kind);

const words = (value) => ({ kind: "also", value, weight: 1 });

/** Words alone are in the field; beside others they are a part as those are. */
function normal(found) {
  const parts = (found.text && found.parts.length ? [...found.parts, words(found.text)] : found.parts).toSorted(inOrder);
  const [only] = parts;
  if (parts.length === 1 && only.kind === "also" && only.weight > 0) return { ...found, text: only.value, parts: [] };
  return { ...found, parts, text: parts.length ? "" : found.text };
}

function draw(found) {
  search = gallery.routes.length ? choices.settle(found, gallery.routes) : found;
  field.value = search.text;
  field.placeholder = placeholder();
  at("add").hidden = !search.text;
  chips.show(at("parts"), search.parts, ways);
  filters.show(search.filters);
  if (gallery.routes.length) choices.show(search, gallery.routes);
  return search;
}

function placeholder() {
  if (field.disabled) return "Drop a clip to search with it";
  return search.parts.length ? "Add words to it" : "Describe a sight or a sound";
}

const labels = () => Object.entries(gallery.labels).map(([value, clips]) => ({ value, note: count(clips, "clip") }));
