/** A clip: played, told, changed, deleted. */

import { ask } from "../api.js";
import { asked } from "../dialogs.js";
import { at } from "../dom.js";
import { bytes, moment, seconds } from "../format.js";
import { Refusal } from "../refusal.js";
import { view } from "../searches.js";
import { counterpart, picture } from "./views.js";

export async function show(clip, known, { onChange, onRemove }) {
  const dialog = at("clip");
  const media = dialog.querySelectorAll("video, img");
  const path = clip.media.replace(/\/media$/, "");
  for (const each of media) each.src = view(clip, "preview");
  media[0].poster = picture(clip);
  for (const each of dialog.querySelectorAll("[data-to]")) each.href = counterpart(clip, each.dataset.to);
  at("remove").onclick = () => asked("remove-clip", clip, () => ask(path, { method: "DELETE" }).then(() => onRemove(dialog.close())));
  const answer = asked("clip", facts(clip, known), (fields) => ask(path, patch(clip, fields)));
  begin(dialog.querySelector("form").elements, clip);
  const changed = await answer;
  media.forEach((each) => each.removeAttribute("src"));
  if (changed) onChange(changed);
}

function begin({ name, labels, metadata }, clip) {
  name.value = clip.name;
  labels.value = clip.labels.join("\n");
  metadata.value = JSON.stringify(clip.metadata, null, 1);
}

function facts(clip, known) {
  const told = [seconds(clip.duration_s), bytes(clip.size_bytes), `added ${moment(clip.added_at)}`, ...Object.entries(clip.absent).map((each) => each.join(" "))];
  const senses = Object.fromEntries(clip.senses.map((sense) => [sense, true]));
  return { ...known, ...senses, image: clip.media_type.startsWith("image/"), title: clip.labels.join(", ") || clip.name, facts: told.join(" · ") };
}

/** What is to be another: keys of the metadata that are there no more go by a null. */
function patch(clip, { name, labels, metadata }) {
  const gone = Object.fromEntries(Object.keys(clip.metadata).map((key) => [key, null]));
  const json = { name: name.value, labels: lines(labels.value), metadata: { ...gone, ...read(metadata.value || "{}") } };
  return { method: "PATCH", json, headers: { "Content-Type": "application/merge-patch+json" } };
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refusal({ title: "The metadata are no JSON.", detail: error.message, status: 422 });
  }
}

export const lines = (text) => text.split("\n").map((each) => each.trim()).filter(Boolean);
