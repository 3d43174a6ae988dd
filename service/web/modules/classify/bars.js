/** Classes as bars, which glide to their new places. */

import { template } from "../dom.js";
import { number } from "../format.js";
import { still } from "../motion.js";

const rows = new Map();

/** Show some of all ranked classes as rows of a list, on the scale of all. */
export function show(list, shown, all) {
  const before = new Map([...list.children].map((row) => [row, top(row)]));
  const raws = all.map(({ raw }) => raw);
  const [low, high] = [Math.min(...raws), Math.max(...raws, all[0].score)];
  const part = (score) => Math.max(0.006, (score - low) / (high - low || 1));
  const wanted = shown.map((each) => fitted(each, part));
  if (wanted.length !== list.children.length || wanted.some((row, i) => list.children[i] !== row)) list.replaceChildren(...wanted);
  if (!still) for (const row of wanted) glide(row, before.get(row));
}

/** Forget all rows, as other classes compete. */
export const clear = () => rows.clear();

function fitted(each, part) {
  if (!rows.has(each.name)) rows.set(each.name, made(each));
  const row = rows.get(each.name);
  row.style.setProperty("--part", part(each.score));
  row.style.setProperty("--raw", part(Math.max(each.raw, each.score)));
  row.querySelector(".number").textContent = number(each.score);
  return row;
}

function made({ name, seen }) {
  const row = template("bar");
  row.className = row.firstElementChild.className = seen ? "seen" : "unseen";
  row.querySelector(".name").textContent = row.title = name;
  row.querySelector(".kind").textContent = seen ? "seen" : "never seen";
  return row;
}

const top = (row) => row.getBoundingClientRect().top;

/** From where it was on the screen, also if it was on its way; a row that is new appears. */
function glide(row, from) {
  const gone = from - top(row);
  if (Math.abs(gone) < 1) return;
  row.getAnimations().forEach((each) => each.cancel());
  const before = from === undefined ? { opacity: 0 } : { transform: `translateY(${from - top(row)}px)` };
  row.animate([before, {}], { duration: 320, easing: "ease-out" });
}
