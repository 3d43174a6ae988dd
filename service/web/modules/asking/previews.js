/** A clip as it looks and sounds, small: one from a disk as the browser can show it, one of a gallery as the service does. */

import { make } from "../dom.js";
import { still } from "../motion.js";
import { view } from "../searches.js";
import { bars, draw } from "../sound.js";

/** A button that shows a file, and plays it aloud from its beginning; `release()` lets the file go. */
export function ofFile(file) {
  const button = make("button", { class: "preview", type: "button", id: "preview", "aria-label": `Hear ${file.name}`, "aria-pressed": "false", disabled: true });
  const src = URL.createObjectURL(file);
  button.release = () => URL.revokeObjectURL(src);
  if (file.size) picture(button, file, src);
  return button;
}

/** A clip of a gallery at a second of it. */
export function ofClip(clip, start_s) {
  const seen = clip.senses.includes("video");
  const src = seen ? view(clip, start_s === null ? "thumbnail" : `thumbnail?at_s=${start_s}`) : view(clip, "waveform.svg");
  return make("span", { class: "preview" }, make("img", { alt: "", src }));
}

function picture(button, file, src) {
  if (file.type.startsWith("image/")) return button.replaceChildren(make("img", { alt: "", src }));
  const player = make("video", { src, loop: true, playsinline: true });
  player.muted = true;
  button.replaceChildren(player);
  button.addEventListener("click", () => hear(button, player));
  player.addEventListener("loadedmetadata", () => {
    button.disabled = false;
    if (!player.videoWidth) wave(button, file);
    else if (!still) player.play().catch(() => {});
  });
}

async function wave(button, file) {
  const canvas = button.appendChild(make("canvas"));
  const found = await bars(file);
  if (found && canvas.isConnected) draw(canvas, found);
}

function hear(button, player) {
  const loud = player.muted;
  player.muted = !loud;
  button.setAttribute("aria-pressed", String(loud));
  if (loud) player.currentTime = 0;
  if (loud) player.play().catch(() => {});
  else if (!player.videoWidth || still) player.pause();
}
