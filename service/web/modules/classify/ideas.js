/** Some clips of a gallery to begin with, as different as their labels. */

import { link, parameters } from "../address.js";
import { ask } from "../api.js";
import { template } from "../dom.js";
import { of } from "../galleries.js";
import { called, picture } from "../galleries/views.js";

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

function idea(clip) {
  const made = template("idea");
  made.href = link("/classify", { ...Object.fromEntries(parameters()), class: parameters().getAll("class"), clip: clip.id });
  made.firstElementChild.src = picture(clip);
  made.lastElementChild.textContent = called(clip);
  return made;
}
