/** What a clip is, as far as it can be told: beside what it finds, and in a line. */

import { percent } from "./format.js";

let followed = null;

/** Go on saying what a file is; what was said of another is taken back. */
export function keep(place, file) {
  if (file !== followed) place.hidden = true;
}

/** Say what a file is, by `classify()`; what is said already stays, and where there is no file nothing is. */
export async function follow(place, file, classify) {
  if (file && file === followed) return (place.hidden = false);
  place.hidden = true;
  followed = file;
  // What is wrong with a clip its search says.
  if (file) await classify().then((answer) => followed === file && show(place, answer), () => followed === file && (followed = null));
}

function show(place, { classes: [best, ...others], channel, probability, ...answer }) {
  for (const each of place.querySelectorAll("[data-channel]")) each.hidden = each.dataset.channel !== channel;
  place.querySelector("b").textContent = best.name;
  place.querySelector("small").textContent = probability === null ? "" : `${percent(probability)} sure`;
  place.querySelector(".because").textContent = [why(best, { channel, ...answer }), others.length && `Next: ${others.slice(0, 2).map(({ name }) => name).join(", ")}.`].filter(Boolean).join(" ");
  place.hidden = false;
}

function why({ seen }, { decided_by: by, channel, abstained }) {
  if (abstained) return "That is a guess: it may be nothing that the bundle knows.";
  const known = seen ? "Training saw this class." : "Training never saw this class, only its name.";
  return by && channel === "av" ? `${known} The ${by === "audio" ? "sound" : "pictures"} decided.` : known;
}
