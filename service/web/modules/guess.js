/** What a clip was classified as, and why. */

import { number } from "./format.js";
import { part } from "./hits.js";

const template = document.getElementById("guess-card");

export function show(place, answer, { onClasses, asked }) {
  place.replaceChildren(template.content.cloneNode(true));
  const [best] = answer.classes;
  place.querySelector("h2").textContent = best.name;
  place.querySelector(".kicker").textContent = KICKERS[answer.channel];
  place.querySelector(".why").textContent = why(best, answer);
  shares(place, margins(answer.classes));
  place.querySelector(".ranking").replaceChildren(...answer.classes.map((each) => line(each, answer.classes)));
  const form = place.querySelector(".own");
  form.elements.classes.value = asked;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    onClasses(form.elements.classes.value);
  });
  place.hidden = false;
}

const KICKERS = { av: "This looks and sounds like", audio: "This sounds like", video: "This looks like" };

function why(best, { decided_by: by, channel }) {
  const known = best.seen ? "Training saw this class." : "Training never saw this class; only its name is known.";
  return by && channel === "av" ? `${known} ${by === "audio" ? "The sound" : "The pictures"} decided.` : known;
}

/** What each modality adds to the winner's margin over the runner-up: that is what decided. */
function margins([best, second]) {
  const senses = second ? Object.keys(best.parts) : [];
  return Object.fromEntries(senses.map((sense) => [sense, Math.max(0, best.parts[sense] - second.parts[sense])]));
}

function shares(place, sizes) {
  const known = Object.keys(sizes);
  const total = known.reduce((sum, sense) => sum + sizes[sense], 0);
  place.querySelector(".parts").hidden = place.querySelector(".legend").hidden = known.length < 2 || !total;
  known.forEach((sense) => {
    const share = sizes[sense] / (total || 1);
    place.querySelector(`.parts .${sense}`).style.setProperty("--part", Math.max(share, 0.01));
    place.querySelector(`.legend .${sense}`).textContent += ` ${Math.round(share * 100)} %`;
  });
}

function line(each, ranked) {
  const item = document.createElement("li");
  const name = document.createElement("span");
  name.textContent = each.name;
  if (!each.seen) name.append(Object.assign(document.createElement("span"), { className: "new", textContent: "unseen", title: "Training never saw this class" }));
  const bar = Object.assign(document.createElement("span"), { className: "bar" });
  bar.append(document.createElement("i"));
  bar.style.setProperty("--part", part(each.score, ranked));
  const score = Object.assign(document.createElement("span"), { className: "number", textContent: number(each.score) });
  item.append(name, bar, score);
  return item;
}
