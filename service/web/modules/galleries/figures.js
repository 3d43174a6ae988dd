/** How much a gallery holds, and of what. */

import { ask } from "../api.js";
import { make } from "../dom.js";
import { bytes, whole } from "../format.js";
import { of } from "../galleries.js";
import { fill } from "../states.js";

export const open = (place, { gallery }) => fill(place, async () => place.replaceChildren(...told(await ask(of(gallery.name, "statistics")))));

function told({ clips, windows, media_bytes: media, features, labels }) {
  const figures = { Clips: whole(clips), Windows: whole(windows), Labels: whole(Object.keys(labels).length), Media: bytes(media) };
  const stored = features.map(({ sense, width, windows: held }) => [`${sense === "audio" ? "Sound" : "Pictures"}, ${width} wide`, held]);
  return [
    make("dl", { class: "figures" }, Object.entries(figures).map(([name, text]) => make("div", {}, make("dt", { text: name }), make("dd", { text })))),
    bars("Clips by label", Object.entries(labels)),
    bars("Windows with features", stored),
  ];
}

function bars(title, counted) {
  const most = Math.max(...counted.map((each) => each[1]));
  const row = ([name, held]) => make("li", {}, make("span", { text: name }), make("span", { class: "bar", style: { "--part": held / most } }, make("i")), make("b", { text: whole(held) }));
  return make("section", { class: "panel counts" }, make("h2", { text: title }), make("ol", {}, counted.sort((a, b) => b[1] - a[1]).map(row)));
}
