/** Answers ranked anew for another beta, without asking again: a score is what the class had, less beta if it was seen. */

import { number, percent } from "../format.js";

/** The classes of an answer by what is taken off those that were seen, best first, each with its `raw` score. */
export function rank({ classes }, beta) {
  const found = classes.map(({ score, taken_off: off, ...each }) => ({ ...each, raw: score + off, score: score + off - (each.seen ? beta : 0) }));
  return found.sort((a, b) => b.score - a.score);
}

/** What can be said of a ranking, as facts: it is `answered` where the first is ahead by `least`. */
export function facts({ beta: own, probability, channel }, [first, second], { beta, least }) {
  const ahead = second && first.score - second.score;
  const by = decider(first, second);
  const sure = probability && beta === own && percent(Math.min(probability, 0.99));
  return { answered: !(ahead < least), [channel]: true, seen: first.seen, first: first.name, next: second?.name, ahead: number(ahead), sure, sound: by > 0, pictures: by < 0 };
}

/** By how much more the sound added to the lead than the pictures did. */
const decider = ({ parts }, second) => (second && Object.keys(parts).length > 1 ? parts.audio - second.parts.audio - (parts.video - second.parts.video) : 0);

/** The result as plain text. */
export function text(ranked, verdict) {
  const lines = ranked.slice(0, 10).map((each, i) => `${i + 1}. ${each.name}: ${number(each.score)}, ${each.seen ? "seen" : "never seen"}`);
  return [verdict, ...lines, location.href].join("\n");
}
