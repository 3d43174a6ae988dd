/** Classes as bars, which glide to their new places. */

import { template } from "../dom.js";
import { number } from "../format.js";
import { still } from "../motion.js";

const rows = new Map();

/** Show some of all ranked classes as rows of a list, on the scale of all. */
export function show(list, shown, all) {
  const raws = all.map(({ raw }) => raw);
  const [low, high] = [Math.min(...raws), Math.max(...raws, all[0].score)];
  const part = (score) => (high > low ? Math.max(0.006, (score - low) / (high - low)) : 1);
  const wanted = shown.map((each) => fitted(each, part));
  if (wanted.length !== list.children.length || wanted.some((row, i) => list.children[i] !== row)) arrange(list, wanted);
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

/** Rows glide from where they were on the screen, also if they were on their way; new ones appear. */
function arrange(list, wanted) {
  const before = new Map([...list.children].map((row) => [row, top(row)]));
  list.replaceChildren(...wanted);
  if (still) return;
  for (const row of wanted) row.getAnimations().forEach((each) => each.cancel());
  const gone = wanted.map((row) => before.get(row) - top(row));
  wanted.forEach((row, i) => {
    const from = before.has(row) ? { transform: `translateY(${gone[i]}px)` } : { opacity: 0 };
    if (gone[i] !== 0) row.animate([from, {}], { duration: 320, easing: "ease-out" });
  });
}

const top = (row) => row.getBoundingClientRect().top;
