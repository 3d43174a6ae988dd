/** Results: a grid of cards that play, more of them as one scrolls, and what can be asked of each. */

import { make, template } from "./dom.js";
import { card } from "./hits/card.js";
import { endless } from "./hits/endless.js";
import { move } from "./hits/moves.js";
import { scaleOf } from "./hits/scale.js";
import { fit, room } from "./hits/shape.js";

export { meet } from "./hits/shape.js";
import { lively, switching } from "./hits/sounding.js";
import { renew, show as say } from "./states.js";

const shown = new WeakMap();

/** What looks like results to come, of a gallery where that is known, for a search for `to`. */
export function ghosts(place, { gallery, to }, count = 12) {
  clear(place);
  room(place, gallery, to);
  place.append(make("ol", { class: "hits", "aria-hidden": "true" }, Array.from({ length: count }, () => make("li", { class: "hit ghost" }))));
}

export function clear(place) {
  shown.get(place)?.abort();
  renew(place);
}

/** Show what was found. `again(extra, signal)` asks the same once more, for *why*; `search` is what was asked.
 *
 * `routes`: of the gallery, which say whether a hit has a counterpart; `likable`: whether examples can be asked with.
 */
export function show(place, answer, { again, search, routes, likable, to }) {
  performance.mark("results-answered");
  clear(place);
  room(place, answer.gallery, to);
  if (!answer.hits.length) return nothing(place, search);
  const results = template("results");
  const list = results.querySelector("ol");
  const scale = scaleOf(answer);
  const can = { like: likable, routes, isWithin: search.filters.among.length === 1 };
  const add = (hits) => list.append(...hits.map((hit) => lively(card(hit, { to, scale, can }), hit)));
  results.querySelector(".scale").replaceChildren(...scale.words);
  switching(results.querySelector(".switch"));
  add(answer.hits);
  move(list);
  list.addEventListener("load", ({ target }) => target.matches(".poster") && fit(target, list, answer.gallery), true);
  list.addEventListener("click", ({ target }) => ways(target.closest("[data-way]"), { again, search, scale }));
  list.addEventListener("why", ({ target }) => why(target, { again, search, scale }));
  place.replaceChildren(results);
  shown.set(place, endless(results.querySelector(".onwards"), answer, { list, add, filters: search.filters }));
  requestAnimationFrame(() => performance.measure("results-shown", "results-answered"));
}

function nothing(place, search) {
  const narrowed = Object.values(search.filters).some((each) => each?.length ?? each !== null);
  const detail = narrowed ? "No clip that passes the filters was found. Take one of them off." : "Nothing of this gallery can be compared with what was asked.";
  say(place, "empty", { title: "Nothing was found.", detail });
}

/** What a card's own button is for; who listens to its event searches anew. */
function ways(button, asked) {
  const item = button?.closest(".hit");
  if (!item) return;
  const { way } = button.dataset;
  if (way === "why") why(item, asked);
  else if (way !== "open") item.dispatchEvent(new CustomEvent(way, { bubbles: true, detail: item.detail }));
}

/** Its own script and style come when somebody wants to know. */
async function why(item, asked) {
  const { open } = await import("./hits/why.js");
  await open(item, asked);
}
