/** The search that the page's address holds: all of it, but the bytes of a clip that is on a person's disk. */

import * as address from "./address.js";
import { KINDS, read as part, written } from "./asking/parts.js";

const SENSES = ["video", "audio", "av"];
const BOUNDS = ["min_duration_s", "max_duration_s", "min_score", "min_probability"];
const FILTERS = ["label", "where", "added_from", "added_to", ...BOUNDS, "among", "by"];

/** {text, parts, to, from, filters}; `from` is null where the address leaves it open. */
export function read() {
  const query = address.parameters();
  const sense = (name) => SENSES.find((each) => each === query.get(name)) ?? null;
  return {
    text: query.get("text")?.trim() ?? "",
    parts: KINDS.flatMap((kind) => query.getAll(kind).map((each) => part(kind, each))),
    to: sense("to") ?? "video",
    from: sense("from"),
    filters: {
      label: query.getAll("label"),
      where: conditions(query.get("where")),
      added_from: query.get("added_from"),
      added_to: query.get("added_to"),
      ...Object.fromEntries(BOUNDS.map((name) => [name, bound(query.get(name))])),
      among: query.getAll("among"),
      by: query.get("by") === "window" ? "window" : null,
    },
  };
}

export const isAsked = ({ text, parts }) => Boolean(text || parts.length);

export const link = (search) => address.link("/", parameters(search));

export const write = (search) => address.write(parameters(search));

/** As parameters: of what there is none, they are null, which leaves them out. */
function parameters({ text, parts = [], to, from, filters = {} }) {
  const asked = isAsked({ text, parts });
  const held = KINDS.map((kind) => [kind, parts.filter((each) => each.kind === kind).map(written)]);
  const narrowed = FILTERS.map((name) => [name, asked ? filters[name] : null]);
  const { where, ...rest } = Object.fromEntries(narrowed);
  return { text, ...Object.fromEntries(held), to: asked ? to : null, from: parts.length ? from : null, ...rest, where: where?.length ? JSON.stringify(where) : null };
}

const bound = (said) => (said && Number.isFinite(Number(said)) ? Number(said) : null);

function conditions(said) {
  try {
    return JSON.parse(said ?? "[]");
  } catch {
    return [];
  }
}
