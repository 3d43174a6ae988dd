/** Which gallery is meant: the one that the address names, or else the one that was chosen last, or the first. */

import { parameters } from "./address.js";
import { ask } from "./api.js";

const KEPT = "gallery";
let known = null;

/** The names of all galleries of who asks. */
export function names() {
  known ??= ask("/v1/galleries").then(({ galleries }) => galleries.map(({ name }) => name));
  known.catch(() => (known = null));
  return known;
}

/** The name of the gallery that is meant, null where there is none. */
export async function chosen() {
  const named = parameters().get("gallery");
  if (named) return named;
  const all = await names();
  const kept = localStorage.getItem(KEPT);
  return all.includes(kept) ? kept : (all[0] ?? null);
}

/** Remember a choice, for pages whose address names none. */
export function keep(name) {
  localStorage.setItem(KEPT, name);
}

/** Of a page about one gallery: that is the one from now on, and whoever chooses another is led to it. */
export function stay(name) {
  const other = parameters().get("gallery");
  if (other && other !== name) location.replace(`/galleries/${other}?gallery=${other}`);
  keep(name);
}

/** The path of what a gallery has: `of("demo", "clips", id)`. */
export const of = (name, ...parts) => ["/v1/galleries", ...[name, ...parts].map(encodeURIComponent)].join("/");
