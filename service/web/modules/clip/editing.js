/** What is said of a clip, changed by hand: who saves second sees what the first has written, and overwrites nothing unseen. */

import { tagged } from "../api.js";
import { at, template } from "../dom.js";
import { lines } from "../galleries/lines.js";
import { Refusal } from "../refusal.js";
import { tell } from "../slots.js";
import { isObject, patch } from "./patch.js";

const FIELDS = ["labels", "name", "metadata"];
const CHANGED = 412;
/** The clip with its tag, what the fields had of it before somebody typed, and who is told when it is another. */
const held = { seen: null, begun: {}, onKnown: null };

/** Begin with a clip that was `seen` {answer, tag}; `onKnown` is told whenever it is another. */
export function edit(path, seen, { may, onKnown }) {
  const form = at("words");
  held.onKnown = onKnown;
  for (const name of FIELDS) form.elements[name].readOnly = !may;
  form.addEventListener("input", () => mark(say("saved")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (form.ariaBusy !== "true") save(path, form);
  });
  begin(seen);
}

/** Work on a clip as it was seen; one that is another by now is shown as it is, and refused with that in words. */
export async function unchanged(path, work) {
  try {
    return await work({ "If-Match": held.seen.tag });
  } catch (error) {
    if (error.status !== CHANGED) throw error;
    await meet(path);
    throw new Refusal({ title: "Somebody else has changed this clip meanwhile.", detail: "It is shown as it is now.", status: CHANGED });
  }
}

async function save(path, form) {
  form.ariaBusy = "true";
  say("saved");
  say("wrong");
  try {
    const json = changes(form.elements);
    const seen = await unchanged(path, (condition) => tagged(path, { method: "PATCH", json, headers: { "Content-Type": "application/merge-patch+json", ...condition } }));
    begin(seen);
    held.onKnown(seen.answer);
    at("clash").replaceChildren();
    say("saved", "Saved.");
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.status !== CHANGED) say("wrong", error.said);
  } finally {
    form.ariaBusy = "false";
  }
}

/** What the clip is by now, in the fields that nobody has touched here; what both have changed is told. */
async function meet(path) {
  const seen = await tagged(path);
  const [mine, before, theirs] = [typed(), held.begun, written(seen.answer)];
  const both = FIELDS.filter((name) => name in mine && theirs[name] !== before[name] && theirs[name] !== mine[name]);
  begin(seen, mine);
  held.onKnown(seen.answer);
  clash(both, theirs);
}

function clash(both, theirs) {
  const told = template("clashing");
  tell(told, { mine: Object.keys(typed()).length, both: both.length, ...Object.fromEntries(both.map((name) => [name, theirs[name] || "none"])) });
  told.querySelector("button").addEventListener("click", () => {
    begin(held.seen);
    at("clash").replaceChildren();
    at("words").elements.labels.focus();
  });
  at("clash").replaceChildren(told);
}

/** Fill the fields, but those that somebody is at. */
function begin(seen, mine = {}) {
  Object.assign(held, { seen, begun: written(seen.answer) });
  for (const name of FIELDS) at("words").elements[name].value = mine[name] ?? held.begun[name];
  mark();
}

/** A clip as the fields have it. */
const written = ({ labels, name, metadata }) => ({ labels: labels.join("\n"), name, metadata: JSON.stringify(metadata, null, 1) });

/** What somebody has typed here, by field. */
function typed() {
  const fields = FIELDS.map((name) => [name, at("words").elements[name].value]);
  return Object.fromEntries(fields.filter(([name, value]) => value !== held.begun[name]));
}

/** A browser asks before what is typed is left. */
function mark() {
  globalThis.onbeforeunload = Object.keys(typed()).length ? (event) => event.preventDefault() : null;
}

/** What is to be another than it is known to be, and nothing else. */
function changes({ name, labels, metadata }) {
  const { name: called, labels: shown, metadata: known } = held.seen.answer;
  return patch({ name: called, labels: shown, metadata: known }, { name: name.value, labels: lines(labels.value), metadata: read(metadata) });
}

function read(field) {
  field.setAttribute("aria-invalid", "true");
  const found = parsed(field.value || "{}");
  if (!isObject(found)) throw refused('Expected names and values, such as {"year": 1999}.');
  field.removeAttribute("aria-invalid");
  return found;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refused(error.message);
  }
}

function refused(detail) {
  at("words").elements.metadata.focus();
  return new Refusal({ title: "The metadata are no JSON object.", detail, status: 422 });
}

const say = (id, words = "") => (at(id).textContent = words);
