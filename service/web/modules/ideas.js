/** Invitations to search: some of what the gallery holds, seen or heard. */

import { link } from "./address.js";
import { make, template } from "./dom.js";
import { learn } from "./hits/shape.js";
import * as inquiry from "./inquiry.js";
import { still } from "./motion.js";
import { search, view } from "./searches.js";
import { bars, draw } from "./sound.js";
import { show as say } from "./states.js";

const MOST = 6;

export function show(place, gallery) {
  const ways = reachable(gallery.routes);
  const labels = spread(Object.keys(gallery.labels).sort());
  if (!gallery.clips) return nothing(place, gallery.name);
  if (!ways.length || !labels.length) return place.replaceChildren(make("h2", { text: ways.length ? "" : "This gallery is searched with clips, not with words." }));
  const ideas = labels.map((text, i) => idea(gallery.name, { text, to: ways[i % ways.length] }));
  place.replaceChildren(make("h2", { text: "Or start with one of these" }), make("div", {}, ideas));
}

function nothing(place, name) {
  const actions = [{ label: "Add clips", href: link(`/galleries/${name}`) }];
  say(place, "empty", { title: "This gallery holds no clips yet.", detail: "Once it does, they are found here by words, by sounds and by pictures.", actions });
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

function idea(name, asked) {
  const found = template("idea");
  found.href = inquiry.link(asked);
  found.classList.add(asked.to);
  found.querySelector(".kicker").textContent = asked.to === "audio" ? "Hear" : "See";
  found.querySelector(".what").textContent = asked.text;
  // An invitation without its picture is still one.
  search(name, { parts: [], filters: {}, ...asked }, { k: 1, by: "window" }).then(({ hits: [best] }) => best && fill(found, best.clip, name), () => {});
  return found;
}

async function fill(found, clip, gallery) {
  const video = found.querySelector("video");
  const canvas = found.querySelector("canvas");
  if (found.classList.contains("audio")) {
    video.remove();
    const sound = await bars(view(clip, "preview"));
    if (sound && canvas.isConnected) draw(canvas, sound, { most: 0.56 });
    return;
  }
  canvas.remove();
  if (clip.media_type.startsWith("image/")) return video.replaceWith(make("img", { alt: "", src: clip.media }));
  video.poster = view(clip, "thumbnail");
  video.addEventListener("loadedmetadata", () => learn(gallery, [video.videoWidth / video.videoHeight]));
  video.src = view(clip, "preview");
  video.classList.add("there");
  if (!still) video.play().catch(() => {});
}
