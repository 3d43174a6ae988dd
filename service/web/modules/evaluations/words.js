/** Figures and routes in words. */

import { percent } from "../format.js";

const SENSES = { text: "Words", audio: "Sound", video: "Pictures", av: "Sound and pictures" };

/** What is searched by what: "text->video" is "Words → pictures". */
export const named = (route) => route.split("->").map((each, i) => (i ? SENSES[each].toLowerCase() : SENSES[each])).join(" → ");

/** The routes of figures: by words first, within one sense last. */
export const ordered = (figures) => Object.keys(figures).sort((a, b) => rank(a) - rank(b));

const rank = (route) => (route.startsWith("text") ? 0 : /^(\w+)->\1$/.test(route) ? 2 : 1);

export const share = (value) => percent(value, 1);

/** From one to the other, as 83.8–89.5. */
export const range = (interval) => interval?.map((each) => (100 * each).toFixed(1)).join("–");

/** A difference in points, with its sign. */
export const points = (value) => (value < 0 ? "−" : "+") + Math.abs(100 * value).toFixed(1);

/** Whether a paired test tells two apart: 1 better, -1 worse, 0 not. */
export const sense = (paired) => (paired?.p < 0.05 ? Math.sign(paired.difference) : 0);

export function verdict(paired) {
  if (!paired) return "Nothing in common";
  if (!sense(paired)) return paired.difference ? "Cannot be told apart" : "The same";
  return `${paired.difference > 0 ? "Better" : "Worse"} by ${points(paired.difference).slice(1)} points, ${paired.p < 0.01 ? "surely" : "probably"}`;
}

export const test = ({ difference, interval, p }) => `${points(difference)} (${interval.map(points).join(" to ")}), p ${p < 0.001 ? "< 0.001" : `= ${p.toFixed(3)}`}`;
