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

export const drawn = (...rows) => make("td", { class: "plotted" }, whisker(rows));

export const CHANNELS = { av: "Sound and pictures", audio: "Sound", video: "Pictures" };
export const ACCURACIES = ["seen", "unseen", "harmonic", "zsl"];
