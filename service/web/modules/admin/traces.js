/** How long a stage takes: now as a bar among the others, and as a line since the page was opened. */

import { shape } from "../dom.js";
import { seconds } from "../format.js";
import { tell } from "../slots.js";

const MOST = 60;
const FEWEST = 12;
const kept = {};

export function trace(item, stages) {
  const now = stages[item.dataset.stage];
  if (!now) return;
  const past = (kept[item.dataset.stage] ??= []);
  past.push(now);
  past.splice(0, past.length - MOST);
  const longest = Math.max(...Object.values(stages).map(({ p50_ms }) => p50_ms), 0.001);
  item.style.setProperty("--part", now.p50_ms / longest);
  tell(item, { half: ms(now.p50_ms), rest: `9 in 10 below ${ms(now.p90_ms)}` });
  const most = Math.max(...past.map(({ p90_ms }) => p90_ms), 0.001);
  item.querySelector("svg").replaceChildren(line(past, "p90_ms", most), line(past, "p50_ms", most));
}

const ms = (value) => (value < 10 ? `${value.toFixed(value < 1 ? 2 : 1)} ms` : seconds(value / 1000));

const line = (past, name, most) =>
  shape("polyline", { class: name, points: past.map((each, i) => `${(i * 100) / Math.max(past.length - 1, FEWEST)},${23 - (22 * each[name]) / most}`).join(" ") });
