/** The clip as it looks and sounds, and how much of it is sent. */

import { at, make, template } from "../dom.js";
import { bars, draw } from "../sound.js";

let address = "";

/** Show a clip {name, file} or, of a gallery, {name, page, src, still}; null for none. */
export function show(clip) {
  URL.revokeObjectURL(address);
  address = clip?.file ? URL.createObjectURL(clip.file) : "";
  at("clip").hidden = !clip;
  at("clip-name").textContent = clip?.name;
  clip?.page ? (at("clip-name").href = clip.page) : at("clip-name").removeAttribute("href");
  sent(1);
  if (clip) picture(clip, address || clip.src);
}

/** How much of it is sent, 0 to 1. */
export function sent(part) {
  at("sent").value = part;
  at("sent").hidden = part >= 1;
}

function picture({ file, name, still }, src) {
  at("preview").className = "";
  if (still || file?.type.startsWith("image/")) return at("preview").replaceChildren(make("img", { alt: name, src }));
  const player = make("video", { src, controls: true, playsinline: "", "aria-label": name });
  at("preview").replaceChildren(player);
  player.addEventListener("loadedmetadata", () => player.videoWidth || wave(file ?? src));
  player.addEventListener("error", () => player.isConnected && at("preview").replaceChildren(template("unplayed")));
}

/** What cannot be seen is drawn. */
async function wave(clip) {
  const canvas = make("canvas");
  at("preview").className = "heard";
  at("preview").prepend(canvas);
  const found = await bars(clip);
  if (found && canvas.isConnected) draw(canvas, found);
}
