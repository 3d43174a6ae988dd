/** A table of classes, sorted by what one presses; the hardest first. */

import { make } from "../dom.js";
import { count } from "../format.js";
import { share } from "./words.js";

const MOST = 12;

/** @param {{name: string, href: string, seen: boolean, clips: number, found: number, named: number}[]} classes */
export function sorted(table, classes) {
  let [by, turned, shown] = ["found", 1, MOST];
  const more = table.parentElement.nextElementSibling;
  const show = () => {
    const order = classes.toSorted((a, b) => turned * compared(a[by], b[by]));
    table.tBodies[0].replaceChildren(...order.slice(0, shown).map(row));
    for (const each of table.querySelectorAll("[data-by]")) each.ariaSort = each.dataset.by !== by ? "none" : turned > 0 ? "ascending" : "descending";
    more.hidden = classes.length <= shown;
    more.textContent = `All ${count(classes.length, "class", "classes")}`;
  };
  table.tHead.onclick = ({ target }) => {
    if (!target.closest("button")) return;
    const next = target.closest("th").dataset.by;
    [turned, by] = [next === by ? -turned : 1, next];
    show();
  };
  more.onclick = () => show((shown = Infinity));
  show();
}

const compared = (a, b) => (typeof a === "string" ? a.localeCompare(b) : (a ?? 2) - (b ?? 2));

const row = ({ name, href, seen, clips, found, named }) =>
  make(
    "tr",
    { class: seen ? "seen" : "unseen" },
    make("th", { scope: "row" }, make("a", { href, text: name }), make("small", { text: `${seen ? "seen" : "unseen"} · ${count(clips, "clip")}` })),
    ...[found, named].map((each) => make("td", {}, make("span", { class: "bar" }, make("i", { style: { "--part": each ?? 0 } })), share(each))),
  );
