/** The card of the point that is picked: what it is, and its window, played. */

import { link } from "../address.js";
import { make } from "../dom.js";
import { count, span } from "../format.js";
import { of } from "../galleries.js";
import { still } from "../motion.js";
import { play, stop } from "../player.js";

const WHAT = { audio: "Sound", video: "Pictures", text: "Words" };
const PATIENCE_MS = 120;

/** Where clips like that of a point are found, or clips that its words mean. */
export const alike = ({ window }, { name }) => link("/", window ? { clip: window.clip_id } : { text: name });

/** The card; `tell(point, [x, y])` fills and places it, and without a point it goes. */
export function card(place, { classes, gallery, said }) {
  const screen = place.querySelector(".screen");
  let [shown, waiting] = [null, 0];
  return (point, at) => {
    if (point === shown) return;
    shown = point;
    clearTimeout(waiting);
    stop(screen);
    place.hidden = !point;
    if (!point) return;
    words(place, point, classes[point.of]);
    said.textContent = `${classes[point.of].name}, ${WHAT[point.kind].toLowerCase()}`;
    beside(place, at);
    screen.hidden = !point.window;
    screen.replaceChildren();
    if (point.window) waiting = setTimeout(look, PATIENCE_MS, screen, point, gallery);
  };
}

function words(place, point, known) {
  place.querySelector("h2").textContent = known.name;
  const where = point.window ? span(point.window) : count(known.windows, "window");
  place.querySelector("p").textContent = [WHAT[point.kind], where, known.seen ? "" : "never seen in training"].filter(Boolean).join(" · ");
  const more = place.querySelector("a");
  more.href = alike(point, known);
  more.textContent = point.window ? "Find clips like it" : "Search for it";
}

/** Sound is heard, pictures are seen; a browser allows sound once the person has done something on the page. */
function look(screen, { kind, window }, gallery) {
  const clip = of(gallery, "clips", window.clip_id);
  const src = kind === "audio" ? `${clip}/waveform.svg` : `${clip}/thumbnail?at_s=${window.start_s}`;
  const picture = make("img", { alt: "", src, class: kind, on: { error: () => picture.remove() } });
  screen.append(picture);
  if (kind === "video" && still) return;
  play(screen, { src: `${clip}/preview`, window, loud: kind === "audio" && navigator.userActivation?.hasBeenActive, pictures: kind === "video" });
}

/** Beside the point, within the map; on a phone at its foot. */
function beside(place, [x, y]) {
  const { clientWidth: width, clientHeight: height } = place.parentElement;
  const left = x > width / 2 ? x - place.offsetWidth - 18 : x + 18;
  place.style.setProperty("--x", `${Math.max(8, left)}px`);
  place.style.setProperty("--y", `${Math.max(8, Math.min(y - 40, height - 260))}px`);
}
