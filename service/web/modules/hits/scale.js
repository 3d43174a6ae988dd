/** How near results are, as bars: probabilities where they are known, or else scores, which are not called that. */

import { link } from "../address.js";
import { make } from "../dom.js";
import { number, percent } from "../format.js";

const UNLIKELY = 0.05;
const isUnlikely = ({ probability }) => probability < UNLIKELY;

/** What a bar is full of: `part(hit)` 0 to 1, in words `said(hit)` and at length `told(hit)`; `words` for all bars. */
export function scaleOf({ hits, calibrated_on: source }) {
  return source ? calibrated(source, hits[0]) : compared(hits);
}

function calibrated(source, best) {
  const part = ({ probability }) => probability;
  const said = ({ probability }) => (probability < 0.01 ? "< 1 %" : probability > 0.99 ? "> 99 %" : percent(probability));
  const words = ["How likely each is right, told by ", make("b", { text: source }), isUnlikely(best) ? ". None is: these are the nearest." : "."];
  return { isCalibrated: true, isUnlikely, part, said, told: (hit) => `${said(hit)} likely to be right`, words };
}

/** The best one fills its bar, the last one of the first page has a third of it, and those after it less. */
function compared(hits) {
  const best = hits[0].score;
  const room = (best - hits[hits.length - 1].score) * 1.5 || 1;
  const part = ({ score }) => Math.max(0.03, 1 - (best - score) / room);
  const words = ["Scores beside the best one, not probabilities: nothing was ", make("a", { href: link("/evaluations"), text: "fitted" }), " for such a search."];
  return { isCalibrated: false, isUnlikely: () => false, part, said: (hit) => number(hit.score), told: (hit) => `score ${number(hit.score)}, not calibrated`, words };
}
