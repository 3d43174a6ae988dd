/** Some clips of a gallery to begin with, as different as their labels. */

import { link, parameters } from "../address.js";
import { ask } from "../api.js";
import { template } from "../dom.js";
import { of } from "../galleries.js";

const FEW = 8;

/** Show them in a place; of a gallery without clips, nothing. */
export async function invite(place, gallery) {
  const { clips } = await ask(of(gallery, "clips"), { query: { limit: 200 } });
  const each = [...new Map(clips.map((clip) => [String(clip.labels), clip])).values()];
  const step = Math.ceil(each.length / FEW);
  const shown = template("ideas");
  shown.lastElementChild.append(...each.filter((_, i) => i % step === 0).map(idea));
  place.replaceChildren(...(each.length ? [shown] : []));
}

function idea({ id, name, media, senses }) {
  const made = template("idea");
  made.href = link("/classify", { ...Object.fromEntries(parameters()), class: parameters().getAll("class"), clip: id });
  made.firstElementChild.src = media.replace(/media$/, senses.includes("video") ? "thumbnail" : "waveform.svg");
  made.lastElementChild.textContent = name;
  return made;
}
