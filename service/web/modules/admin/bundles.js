/** What cards and pages of bundles both tell. */

import { link } from "../address.js";
import { make } from "../dom.js";
import { percent } from "../format.js";

export const SENSES = { text: "Words", audio: "Sound", video: "Pictures", av: "Both" };

/** By which encoders it hears, sees and reads, and which classes it knows. */
export const senses = ({ backbones: { audio, video }, text_encoder: text, vocabulary, seen_classes: seen }) => ({
  audio: audio?.name ?? "–",
  video: video?.name ?? "–",
  text: text.name,
  classes: `${vocabulary.length} classes, ${seen.length} of them learned`,
});

/** Figures as bars; what is no part of one is a figure alone. */
export const gauges = (evaluation) => Object.entries(evaluation).map(([name, value]) => gauge(name, value, value >= 0 && value <= 1));

const gauge = (name, value, isPart) =>
  make("li", {}, make("span", { text: name }), make("b", { text: isPart ? percent(value, 1) : value.toPrecision(3) }), isPart && make("span", { class: "bar", style: { "--part": value } }, make("i")));

/** The galleries that it embeds. */
export const users = (name, galleries) =>
  galleries.filter(({ bundle }) => bundle === name).map((each) => make("a", { class: "badge sound", href: link(`/galleries/${each.name}`, { gallery: each.name }), text: `in ${each.name}` }));
