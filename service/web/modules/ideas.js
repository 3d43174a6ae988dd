/** Invitations to search: some of what the gallery holds, seen or heard. */

import * as inquiry from "./inquiry.js";
import { still } from "./motion.js";
import { searchByWords, view } from "./searches.js";
import { bars, draw } from "./sound.js";

const MOST = 6;
const template = document.getElementById("idea");

export function show(place, gallery) {
  const ways = reachable(gallery.routes);
  const labels = ways.length ? spread(Object.keys(gallery.labels).sort()) : [];
  place.replaceChildren(...labels.map((text, i) => idea(gallery.name, { text, to: ways[i % ways.length] })));
}

/** What words can find: pictures and sound in turn, or whole clips where that is all there is. */
function reachable(routes) {
  const single = ["video", "audio"].filter((to) => routes.includes(`text->${to}`));
  return single.length || !routes.includes("text->av") ? single : ["av"];
}

/** As many labels as there is room for, from all over the list. */
const spread = (labels) => {
  const step = Math.max(1, labels.length / MOST);
  return Array.from({ length: Math.min(MOST, labels.length) }, (_, i) => labels[Math.floor(i * step)]);
};

function idea(name, search) {
  const link = template.content.firstElementChild.cloneNode(true);
  link.href = inquiry.link(search);
  link.classList.add(search.to);
  link.querySelector(".kicker").textContent = search.to === "audio" ? "Hear" : "See";
  link.querySelector(".what").textContent = search.text;
  // An invitation without its picture is still one.
  searchByWords(name, { ...search, k: 1 }).then(({ hits: [best] }) => best && fill(link, best.clip), () => {});
  return link;
}

async function fill(link, clip) {
  const video = link.querySelector("video");
  const canvas = link.querySelector("canvas");
  if (link.classList.contains("audio")) {
    video.remove();
    const found = await bars(view(clip, "preview"));
    if (found && canvas.isConnected) draw(canvas, found, { most: 0.56 });
    return;
  }
  canvas.remove();
  if (clip.media_type.startsWith("image/")) return video.replaceWith(Object.assign(document.createElement("img"), { alt: "", src: clip.media }));
  video.poster = view(clip, "thumbnail");
  video.src = view(clip, "preview");
  if (!still) video.play().catch(() => {});
}
