/** The last searches, remembered by this browser alone: their words and addresses, and none with a clip from a disk. */

import { parameters } from "../address.js";
import { count } from "../format.js";
import * as words from "./words.js";

const KEPT = "recent";
const MOST = 10;

const read = () => JSON.parse(localStorage.getItem(KEPT) ?? "[]");

/** Remember the search that the address holds, as the last one. */
export function keep(search, gallery) {
  if (search.parts.some(({ kind }) => kind === "upload")) return;
  const query = parameters();
  query.delete("gallery");
  const found = { gallery, value: search.text || words.asked(search), note: noteOf(search), address: `?${new URLSearchParams({ gallery })}&${query}` };
  const others = read().filter(({ address }) => address !== found.address);
  localStorage.setItem(KEPT, JSON.stringify([found, ...others].slice(0, MOST)));
}

function noteOf({ to, filters }) {
  const narrowed = Object.values(filters).filter((each) => each?.length ?? each !== null).length;
  return [words.sense(to), narrowed && count(narrowed, "filter")].filter(Boolean).join(", ");
}

/** Those of a gallery, the last one first, and a way to forget them all; `go` takes an address. */
export function offers(gallery, go) {
  const found = read().filter((each) => each.gallery === gallery);
  const all = found.map(({ value, note, address }) => ({ value, note, icon: "clock", run: () => go(address) }));
  return found.length ? [...all, { value: "Forget recent searches", icon: "trash", run: forget }] : [];
}

const forget = () => localStorage.removeItem(KEPT);
