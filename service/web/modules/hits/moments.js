/** Further moments of a clip that was found: where they are in it, each to be played in its place, and a way to them all. */

import { make, sign } from "../dom.js";
import { clock, span } from "../format.js";

/** Put them on a card; nothing where what was found is the whole clip. */
export function moments(item, hit, { scale, isWithin }) {
  if (!isPart(hit)) return;
  const told = item.querySelector(".told");
  told.before(line(hit, scale));
  if (isWithin) return;
  const within = { class: "moment", type: "button", tabindex: -1, "data-way": "within", title: "Search in this clip" };
  const found = hit.moments.toSorted((one, other) => one.window.start_s - other.window.start_s);
  told.append(make("div", { class: "moments" }, found.map((each) => moment(item, each, scale)), make("button", within, sign("search"))));
}

/** Whether a clip is longer than the window of it that was found. */
export const isPart = ({ window, clip }) => window.end_s - window.start_s < clip.duration_s - 0.1;

function moment(item, found, scale) {
  const words = `Play ${span(found.window)}, ${scale.told(found)}`;
  const props = { class: "moment", type: "button", tabindex: -1, "aria-pressed": "false", "aria-label": words, title: words, style: { "--part": scale.part(found) } };
  const button = make("button", { ...props, text: clock(found.window.start_s) });
  button.addEventListener("click", () => item.hear(found.window, button));
  return button;
}

/** The whole clip as a line, on which the moments are marked, the nearest in full colour. */
function line({ clip, window, moments: more }, scale) {
  const mark = ({ start_s: from, end_s: to }, part) => make("i", { style: { "--from": from / clip.duration_s, "--to": Math.min(1, to / clip.duration_s), "--part": part } });
  return make("div", { class: "whole", "aria-hidden": "true" }, more.map((each) => mark(each.window, scale.part(each) * 0.6)), mark(window, 1));
}
