/** What HTML leaves open, filled in: all words are there, and here the facts. */

import { whole } from "./format.js";

/** `data-slot` names the fact that is an element's text; `data-if` all facts that must hold, or with a `!` must not. */
export function tell(element, facts) {
  for (const place of element.querySelectorAll("[data-slot]")) {
    const fact = facts[place.dataset.slot];
    if (fact !== undefined) place.textContent = typeof fact === "number" ? whole(fact) : fact;
  }
  const holds = (name) => (name[0] === "!" ? !facts[name.slice(1)] : facts[name]);
  for (const place of element.querySelectorAll("[data-if]")) place.hidden = !place.dataset.if.split(" ").every(holds);
}

/** What a session may do, as facts; `all`: what concerns all galleries. */
export function rights({ scopes, galleries }) {
  const admin = scopes.includes("admin");
  return { admin, ingest: admin || scopes.includes("ingest"), all: admin && galleries === null };
}
