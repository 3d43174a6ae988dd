/** A clip to see and to hear: played, drawn beneath as it sounds, and window by window. */

import { at, make } from "../dom.js";
import { span } from "../format.js";
import { lacks, picture } from "../galleries/views.js";
import { view } from "../searches.js";
import { tell } from "../slots.js";
import { draw, EDGE, waveform } from "../sound.js";

/** More windows than this are shown to who asks for them. */
const FEW = 24;

/** Show a clip in its figure, from a second on, and its windows below. */
export function watch(clip, at_s) {
  const facts = { image: clip.media_type.startsWith("image/") };
  const say = (more) => tell(at("watched"), Object.assign(facts, more));
  say({});
  if (facts.image) return still(clip, say);
  const player = playerOf(clip, say);
  windows(clip, player);
  player.seek(at_s);
  if (clip.senses.includes("audio")) strip(clip, player, say);
}

function still(clip, say) {
  const image = at("watched").querySelector("img");
  image.addEventListener("error", () => say({ unplayed: true }));
  Object.assign(image, { src: view(clip, "preview"), alt: clip.name });
}

/** `seek` a second, `hear` one window, and whoever is in `told` hears of the second that it is at, and of that window. */
function playerOf(clip, say) {
  const video = at("watched").querySelector("video");
  const told = [];
  let heard = null;
  const tell = () => told.forEach((each) => each(video.currentTime, heard));
  const follow = () => {
    if (video.currentTime >= heard?.end_s) {
      video.pause();
      heard = null;
    }
    tell();
    if (!video.paused) requestAnimationFrame(follow);
  };
  const seek = (second, window = null) => {
    [heard, video.currentTime] = [window, second];
    tell();
  };
  for (const each of ["play", "pause", "seeked"]) video.addEventListener(each, follow);
  // Whoever goes elsewhere by the controls is not stopped at a window's end.
  video.addEventListener("seeking", () => Math.abs(video.currentTime - heard?.start_s) > 0.05 && (heard = null));
  video.addEventListener("error", () => say({ unplayed: true }));
  dress(video, clip);
  return { told, tell, seek, hear: (window) => (seek(window.start_s, window), video.play().catch(() => {})) };
}

function dress(video, clip) {
  const isSeen = clip.senses.includes("video");
  at("watched").classList.toggle("sounding", !isSeen);
  if (isSeen) video.poster = picture(clip);
  Object.assign(video, { ariaLabel: clip.name, src: view(clip, "preview") });
}

/** Windows may lie over each other: the one that is heard is marked, or else the last that has begun. */
function windows(clip, { hear, told }) {
  const label = (window) => [span(window), ...lacks(window).filter((each) => !lacks(clip).includes(each))].join(" · ");
  const buttons = clip.windows.map((each) => make("button", { class: "quiet", type: "button", text: label(each), on: { click: () => hear(each) } }));
  told.push((now, heard) => {
    const marked = clip.windows.indexOf(heard ?? clip.windows.findLast(({ start_s: start, end_s: end }) => now >= start && now <= end));
    buttons.forEach((each, i) => each.setAttribute("aria-current", String(i === marked)));
  });
  at("windows").open = clip.windows.length <= FEW;
  at("windows").querySelector("ol").replaceChildren(...buttons.map((each) => make("li", {}, each)));
}

/** The sound as a wave, in colour as far as it was played; pressing it goes there. */
async function strip(clip, { told, tell, seek }, say) {
  say({ heard: true });
  const shape = await waveform(view(clip, "waveform"));
  if (!shape) return say({ heard: false });
  const place = at("watched").querySelector(".strip");
  let second = 0;
  const paint = (now = second) => {
    second = now;
    const part = Math.min(1, now / shape.duration_s);
    place.style.setProperty("--at", EDGE + (1 - 2 * EDGE) * part);
    place.lastElementChild.hidden = !part;
    draw(place.firstElementChild, shape.bars, { most: 0.86, played: part || 1 });
  };
  told.push(paint);
  tell();
  new ResizeObserver(() => paint()).observe(place);
  const partAt = (x) => Math.min(1, Math.max(0, (x / place.clientWidth - EDGE) / (1 - 2 * EDGE)));
  place.addEventListener("click", ({ offsetX }) => seek(partAt(offsetX) * shape.duration_s));
}
