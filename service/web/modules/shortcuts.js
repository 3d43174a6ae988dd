/** Keys that work on every page. */

import { at } from "./dom.js";
import { link } from "./address.js";

const PLACES = { s: "/", c: "/classify", m: "/map", e: "/evaluations", j: "/jobs" };
let led = 0;

/** `/` to search, `?` for these, `g` and a letter to go somewhere. */
export function start() {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "/") search(event);
    else if (event.key === "?") at("shortcuts").showModal();
    else if (event.key === "g") led = event.timeStamp;
    else if (PLACES[event.key] && event.timeStamp - led < 1200) location.assign(link(PLACES[event.key]));
  });
  at("show-shortcuts").addEventListener("click", () => at("shortcuts").showModal());
}

/** Into the page's own search, or to the page of searches. */
function search(event) {
  event.preventDefault();
  const field = document.querySelector("main input[type=search]");
  if (field) field.focus();
  else location.assign(link("/"));
}

const isTyping = (target) => target.matches("input:not([type=radio], [type=checkbox], [type=range]), select, textarea, [contenteditable]");
