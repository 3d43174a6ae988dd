/** What stands in the way of a search, in words, and with a way on where there is one. */

import { change } from "../composer.js";
import { at } from "../dom.js";
import { likable } from "./choices.js";
import { counting, isClip } from "./parts.js";
import { sense } from "./words.js";

/** Of a search that cannot be asked: {title, detail, actions}; null of any other. */
export function before(search, routes) {
  const clips = search.parts.filter(isClip);
  if (!search.text && !counting(search.parts).length) return nothing(clips.find(({ kind }) => kind === "upload"));
  if (!clips.length || likable(search, routes)) return null;
  return { title: "Clips cannot search here.", detail: "The bundle of this gallery has no route from clips to clips: search with words." };
}

function nothing(upload) {
  if (!upload) return { title: "Nothing counts.", detail: ONWARDS };
  const detail = `“${upload.value}” is on the disk of whoever made this search. Ask for it and drop it here, or search with a clip of yours.`;
  return { title: "The clip is not in the link.", detail, actions: [{ label: "Choose a clip", run: () => at("file").click() }] };
}

const ONWARDS = "Move one of the sliders above to the right.";

/** Of a search that was refused, where more can be said than the service does. */
export function after({ kind, title, message }, search, routes) {
  if (kind === "/problems/sense-missing") return { title, detail: message, actions: otherSense(search, routes) };
  if (kind === "/problems/query-invalid" && search.filters.min_probability !== null && message.startsWith("Min_probability")) return unlikely(search);
  if (kind !== "/problems/query-invalid" || search.parts.every(({ weight }) => weight > 0)) return null;
  return { title: "More counts against than for.", detail: ONWARDS };
}

function unlikely({ filters }) {
  const run = () => change({ filters: { ...filters, min_probability: null } });
  return { title: "How likely these are nobody knows.", detail: "Nothing was fitted for such a search, so that none can be left out for being unlikely.", actions: [{ label: "Search without that filter", run }] };
}

/** A clip without sound, or without pictures, can search with what it has. */
function otherSense({ from, to }, routes) {
  const other = from === "audio" ? "video" : "audio";
  const found = [to, from].find((each) => routes.includes(`${other}->${each}`));
  return found ? [{ label: `Search with its ${sense(other)}`, run: () => change({ from: other, to: found }) }] : [];
}
