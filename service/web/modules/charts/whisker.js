/** Means as dots on their intervals, beside ticks to compare them with: from 0 to 1, as wide as the place. */

import { shape } from "../dom.js";

/** @param {{at: number, interval?: number[], kind?: string, ticks?: Object<string, number>}[]} rows `ticks` by class */
export function whisker(rows) {
  const line = (kind, from, to, above, below) => shape("line", { class: kind, x1: `${100 * from}%`, x2: `${100 * to}%`, y1: `${above}%`, y2: `${below}%` });
  const drawn = rows.flatMap(({ at, interval, kind, ticks = {} }, i) => {
    const y = (100 * (i + 0.5)) / rows.length;
    return [
      ...Object.entries(ticks).map(([name, each]) => Number.isFinite(each) && line(name, each, each, 15, 85)),
      interval && line(kind, ...interval, y, y),
      at !== null && shape("circle", { class: kind, cx: `${100 * at}%`, cy: `${y}%`, r: 4.5 }),
    ];
  });
  return shape("svg", { class: "whisker", "aria-hidden": "true" }, drawn);
}
