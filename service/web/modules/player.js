/** Plays one stretch of one clip at a time, where it is shown: from its beginning to its end, again and again. */

import { make } from "./dom.js";

let current = null;

/** Play `window` of what is at `src` in a place, aloud or not; where it plays already, only that changes.
 *
 * @param {{onMoment?: (part: number) => void, onEnd?: () => void, onFailed?: () => void}} told part: how much of the window was played, 0 to 1
 */
export function play(place, { src, window, loud, pictures = true }, told = {}) {
  if (current?.place !== place) begin(place, { src, window, pictures, ...told });
  current.video.muted = !loud;
  // Without an act of the person a browser refuses sound, and would rather be silent.
  current.video.play().catch((error) => error.name === "NotAllowedError" && loud && play(place, { loud: false }));
}

/** Stop what plays, wherever that is, or only if it is there. */
export function stop(place = current?.place) {
  if (!current || current.place !== place) return;
  const { video, sight, onEnd } = current;
  sight.disconnect();
  current = null;
  video.removeAttribute("src");
  video.load();
  video.remove();
  onEnd?.();
}

export const isPlaying = (place) => current?.place === place;
export const isLoud = (place) => isPlaying(place) && !current.video.muted;

function begin(place, played) {
  if (current) stop(current.place);
  const video = make("video", { playsinline: true, loop: true, preload: "auto", src: played.src, class: played.pictures ? "" : "heard", "aria-hidden": "true" });
  video.addEventListener("loadedmetadata", () => (video.currentTime = played.window.start_s));
  video.addEventListener("playing", () => video.classList.add("there"), { once: true });
  video.addEventListener("error", () => current?.video === video && (played.onFailed?.(), stop(place)));
  const sight = new IntersectionObserver(([{ isIntersecting }]) => isIntersecting || stop(place));
  sight.observe(place);
  current = { place, video, sight, ...played };
  place.prepend(video);
  follow(current);
}

/** Back to the beginning of the window at its end; a few times a second as `timeupdate` comes would be too seldom. */
function follow(playing) {
  if (playing !== current || !playing.video.isConnected) return;
  const { video, window: { start_s: start, end_s: end } } = playing;
  const at = video.currentTime;
  if (!video.paused && video.readyState > 1 && (at >= end || at < start - 0.3)) video.currentTime = start;
  playing.onMoment?.(Math.min(1, Math.max(0, (at - start) / (end - start))));
  requestAnimationFrame(() => follow(playing));
}
