/** What to look for, and what to ask with: of all senses those for which a gallery has routes. */

import { at } from "../dom.js";
import { isClip } from "./parts.js";

const SENSES = ["audio", "video", "av"];
const OTHER = { audio: "video", video: "audio", av: "av" };

/** A search with `to` and `from` as near to what was chosen as there are routes for it. */
export function settle(search, routes) {
  const to = nearest(search.to, sought(search, routes), ["video"]);
  return { ...search, to, from: nearest(search.from, froms(to, routes), [OTHER[to], to]) };
}

/** Show the choices that are left; where there is only one to ask with, there is nothing to choose. */
export function show(search, routes) {
  narrow("find", search.to, sought(search, routes));
  narrow("use", search.from, search.parts.some(isClip) ? froms(search.to, routes) : []);
}

/** Whether examples can join a search, as more or less like this. */
export const likable = ({ to }, routes) => froms(to, routes).length > 0;

export const takesWords = (routes) => routes.some((each) => each.startsWith("text->"));

/** What a clip asks with unless somebody says otherwise: what it surely has. */
export const senseOf = ({ type }) => ({ image: "video", audio: "audio" })[type.split("/")[0]] ?? null;

const froms = (to, routes) => SENSES.filter((from) => routes.includes(`${from}->${to}`));

function sought({ text, parts }, routes) {
  const clips = parts.some(isClip);
  const words = text || parts.some((each) => !isClip(each)) || (!clips && takesWords(routes));
  return SENSES.filter((to) => (!words || routes.includes(`text->${to}`)) && ((words && !clips) || froms(to, routes).length));
}

const nearest = (chosen, left, wished) => [chosen, ...wished].find((each) => left.includes(each)) ?? left[0] ?? chosen ?? wished[0];

function narrow(id, chosen, left) {
  at(id).hidden = !left.length;
  for (const input of at(id).querySelectorAll("input")) {
    input.disabled = !left.includes(input.value);
    input.parentElement.hidden = input.disabled;
    input.checked = input.value === chosen;
  }
}
