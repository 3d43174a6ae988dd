/** Rows of figures: one can be chosen, what stands below a figure is small. */

import { whisker } from "../charts/whisker.js";
import { make } from "../dom.js";
import { range, share } from "./words.js";

/** A row that is chosen among those of its name. */
export const choice = (name, text, checked, onChoose, ...cells) =>
  make("tr", {}, make("th", { scope: "row" }, make("label", {}, make("input", { type: "radio", name, checked, on: { change: onChoose } }), text)), ...cells);

export const figure = (value, below) => make("td", { class: "number" }, share(value), below && make("small", { text: below }));

/** A mean with its interval. */
export const mean = (value, interval) => figure(value, range(interval));

/** Put rows into a table's body, each cell named by its column: a phone shows no head, but the name above each figure. */
export function put(body, rows) {
  const names = [...body.parentElement.tHead.rows[0].cells].map(({ textContent }) => textContent);
  for (const row of rows) names.forEach((name, i) => (row.cells[i].dataset.column = name));
  body.replaceChildren(...rows);
}

export const drawn = (...rows) => make("td", { class: "plotted" }, whisker(rows));

export const CHANNELS = { av: "Sound and pictures", audio: "Sound", video: "Pictures" };
export const ACCURACIES = ["seen", "unseen", "harmonic", "zsl"];
