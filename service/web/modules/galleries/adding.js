/** Many files into a gallery: a queue, two at a time, each with its own progress and fate. */

import { ask, form, upload } from "../api.js";
import { at, make, template } from "../dom.js";
import { bytes } from "../format.js";
import { of } from "../galleries.js";
import { card, follow } from "../jobs/card.js";
import { tell } from "../slots.js";
import { lines } from "./lines.js";

const AT_ONCE = 2;
const waiting = [];
const fates = { added: 0, wrong: 0 };
let busy = 0;
let known = null;

export function start(facts) {
  known = facts;
  at("add").addEventListener("click", () => reveal());
  for (const each of ["files", "folder"]) at(each).addEventListener("change", ({ target }) => take([...target.files], (target.value = "")));
  if (known.ingest)
    for (const each of ["dragover", "drop"]) addEventListener(each, dropped);
  at("source").addEventListener("submit", background);
}

function reveal() {
  at("adding").hidden = false;
  at("files").focus();
}

function dropped(event) {
  if (!event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  at("adding").hidden = false;
  if (event.type === "drop") take([...event.dataTransfer.files]);
}

function take(files) {
  for (const file of files) {
    const item = template("arrival");
    const labels = [...lines(at("labels").value), at("by-name").checked && named(file)].filter(Boolean);
    item.querySelector("button").addEventListener("click", () => next(waiting.push({ item, file, labels }), (fates.wrong -= 1)));
    tell(item, { name: file.name, what: [bytes(file.size), ...labels].join(" · "), wrong: "" });
    at("queue").append(item);
    waiting.push({ item, file, labels });
  }
  next();
}

/** The topmost folder in the one that was chosen, or else the file's name without its number and suffix. */
export function named({ name, webkitRelativePath: path = "" }) {
  const folders = path.split("/").slice(1, -1);
  return folders[0] ?? name.replace(/\.\w+$/, "").replace(/[\W_]+/g, " ").replace(/[\d ]+$/, "");
}

function next() {
  while (busy < AT_ONCE && waiting.length) {
    busy += 1;
    send(waiting.shift()).finally(() => next((busy -= 1)));
  }
  const left = busy + waiting.length;
  tell(at("adding"), { counted: [left && `${left} to go`, `${fates.added} added`, fates.wrong && `${fates.wrong} not`].filter(Boolean).join(" · ") });
  if (!left) known.changed();
}

async function send({ item, file, labels }) {
  const says = (facts) => tell(item, { wrong: "", ...facts });
  const onProgress = (part) => says({ what: part < 1 ? "Sending" : "Looking and listening" }, item.style.setProperty("--part", part));
  const onStatus = (status) => says({ what: status === 200 ? "It was here already" : "Added" });
  try {
    await upload(of(known.gallery.name, "clips"), form({ file, labels }), { onProgress, onStatus });
    item.classList.add("done", (fates.added += 1));
  } catch (error) {
    says({ wrong: error.said, what: "" }, (fates.wrong += 1));
  }
}

/** The clips of a folder of the server are a job's. */
async function background(event) {
  event.preventDefault();
  const [{ elements }, place] = [event.target, event.target.nextElementSibling];
  const json = { source: elements.source.value, labels: lines(at("labels").value) };
  try {
    const job = await ask(of(known.gallery.name, "jobs", "ingest"), { json });
    const item = card(job, known);
    place.replaceChildren(item);
    await follow(item, job.id);
    known.changed();
  } catch (error) {
    place.replaceChildren(make("li", { class: "wrong", role: "alert", text: error.said }));
  }
}
