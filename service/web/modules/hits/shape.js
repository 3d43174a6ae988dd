/** The shape of pictures, which their cards keep: a gallery's is remembered, as cards are there before their pictures. */

import { view } from "../searches.js";

const USUAL = 4 / 3;
const WAVE = 8 / 5;
const NARROWEST = 3 / 4;
const WIDEST = 16 / 9;
const NEAR = 0.12;
const ENOUGH = 24;
const PATIENCE_MS = 150;
const kept = (gallery) => `shape ${gallery}`;

/** Where the picture of a hit is: of a film the one that its window begins with. */
export const pictureOf = ({ clip, window }) => view(clip, clip.media_type.startsWith("image/") ? "thumbnail" : `thumbnail?at_s=${window.start_s}`);

/** Before the first results of a gallery are shown its first picture is waited for, though not for long. */
export async function meet({ gallery, hits: [first] }, to) {
  if (!first || to === "audio" || localStorage.getItem(kept(gallery))) return;
  const picture = Object.assign(new Image(), { src: pictureOf(first) });
  const learned = picture.decode().then(() => learn(gallery, [picture.naturalWidth / picture.naturalHeight]), () => {});
  await Promise.race([learned, new Promise((done) => setTimeout(done, PATIENCE_MS))]);
}

/** Make cards as wide for their height as the gallery's pictures were when some were seen, or as waves are drawn. */
export function room(place, gallery, to) {
  const shape = to === "audio" ? WAVE : Number(localStorage.getItem(kept(gallery))) || USUAL;
  place.style.setProperty("--shape", shape);
}

/** A picture has come: it is shown whole, before a blurred one of itself where it does not fill its stage. */
export function fit(picture, list, gallery) {
  const stage = picture.closest(".stage");
  const shape = picture.naturalWidth / picture.naturalHeight;
  stage.style.setProperty("--poster", `url("${picture.src}")`);
  stage.classList.toggle("apart", Math.abs(Math.log((shape * stage.clientHeight) / stage.clientWidth)) > NEAR);
  picture.classList.add("there");
  const seen = [...list.querySelectorAll(".poster.there")].slice(0, ENOUGH);
  learn(gallery, seen.map(({ naturalWidth, naturalHeight }) => naturalWidth / naturalHeight));
}

/** Remember the middle one of some shapes. */
export function learn(gallery, shapes) {
  const middle = shapes.toSorted((a, b) => a - b)[shapes.length >> 1];
  localStorage.setItem(kept(gallery), Math.min(WIDEST, Math.max(NARROWEST, middle)).toFixed(3));
}
