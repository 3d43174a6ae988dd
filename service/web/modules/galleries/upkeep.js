/** What keeps a gallery well, takes it elsewhere, or ends it. */

import { ask } from "../api.js";
import { asked } from "../dialogs.js";
import { at, make } from "../dom.js";
import { of } from "../galleries.js";
import { card, follow } from "../jobs/card.js";
import { fill, show } from "../states.js";

let known = null;
const path = (...parts) => of(known.gallery.name, ...parts);

export function open(place, facts) {
  if (known) return;
  known = facts;
  at("export").href = path("archive");
  at("verify").addEventListener("click", () => below(verify));
  at("compact").addEventListener("click", () => below(compact));
  at("delete").addEventListener("click", remove);
}

async function below(work) {
  await fill(at("kept"), work);
  at("kept").scrollIntoView({ block: "nearest", behavior: "smooth" });
}

async function verify() {
  const { findings } = await ask(path("verification"));
  if (!findings.length) return show(at("kept"), "empty", { title: "All is as it should be.", detail: "Every file, feature and vector was read." });
  const told = ({ what, where, found, expected }) => make("li", { class: "panel" }, make("b", { text: `${what} ${where}` }), make("p", { text: `Found ${found}, expected ${expected}` }));
  at("kept").replaceChildren(make("ol", { class: "jobs" }, findings.map(told)));
}

async function compact() {
  const job = await ask(path("jobs", "compact"), { method: "POST" });
  const item = card(job, known);
  at("kept").replaceChildren(make("ol", { class: "jobs" }, item));
  follow(item, job.id).catch(() => {});
}

async function remove() {
  at("typed").pattern = known.gallery.name.replaceAll(".", "\\.");
  if (await asked("delete-gallery", known.gallery, () => ask(path(), { method: "DELETE" }).then(() => true))) location.assign("/galleries");
}
