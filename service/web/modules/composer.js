/** Where a search is put together: words or a clip, and what to find. */

import { bytes } from "./format.js";
import { still } from "./motion.js";
import { bars, draw } from "./sound.js";

const form = document.getElementById("composer");
const drop = document.getElementById("drop");
const veil = document.getElementById("veil");
const file = document.getElementById("file");
const preview = document.getElementById("preview");
let clip = null;
let address = null;

export function start({ onWords, onClip, onCleared }) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clip ? onClip(asked()) : onWords(asked());
  });
  form.addEventListener("change", ({ target }) => {
    if (target.type !== "radio") return;
    if (clip) onClip(asked());
    else if (asked().text) onWords(asked());
  });
  file.addEventListener("change", () => file.files[0] && take(file.files[0], onClip));
  document.getElementById("clear").addEventListener("click", () => clear() || onCleared());
  preview.addEventListener("click", hear);
  dropping((dropped) => take(dropped, onClip));
  addEventListener("keydown", (event) => shortcuts(event, onCleared));
}

/** What the form says; `route` goes from the clip to clips, and is null where the gallery has no such route. */
export function asked() {
  const chosen = new FormData(form);
  return { text: chosen.get("text")?.trim() ?? "", to: chosen.get("to"), route: chosen.get("route"), file: clip };
}

export function fill({ text, to }) {
  form.elements.text.value = text;
  const choice = choices("to").find(({ value }) => value === to);
  if (choice) choice.checked = true;
}

const searchingWith = (sense) => choices("route").find(({ value }) => value.startsWith(`${sense}->`));

export const canUse = (sense) => Boolean(searchingWith(sense));

export function use(sense) {
  searchingWith(sense).checked = true;
}

/** Offer what a gallery has: its labels, and of all choices those that are among its routes. */
export function offer({ labels, routes }) {
  document.getElementById("labels").replaceChildren(...labels.map((label) => new Option(label)));
  const crossing = routes.filter((route) => ["audio->video", "video->audio"].includes(route));
  narrow("to", (to) => routes.includes(`text->${to}`));
  narrow("route", (route) => (crossing.length ? crossing : routes).includes(route));
  form.elements.text.disabled = !choices("to").length;
  form.elements.text.placeholder = choices("to").length ? "Describe a sight or a sound" : "Drop a clip to search with it";
  swap(Boolean(clip));
}

const choices = (name) => [...form.elements[name]].filter((input) => !input.disabled);

/** Leave the choices that hold; where the chosen one does not, the first of them is chosen. */
function narrow(name, holds) {
  for (const input of form.elements[name]) {
    input.disabled = !holds(input.value);
    input.parentElement.hidden = input.disabled;
  }
  const left = choices(name);
  if (left.length && !left.some((input) => input.checked)) left[0].checked = true;
}

export function clear() {
  if (address) URL.revokeObjectURL(address);
  clip = address = null;
  file.value = "";
  swap(false);
}

function take(chosen, onClip) {
  clear();
  clip = chosen;
  address = URL.createObjectURL(chosen);
  document.getElementById("clip-name").textContent = chosen.name;
  document.getElementById("clip-size").textContent = bytes(chosen.size);
  swap(true);
  picture(chosen, address);
  onClip(asked());
}

function swap(withClip) {
  document.getElementById("words").hidden = withClip;
  document.getElementById("clip").hidden = !withClip;
  document.getElementById("find").hidden = withClip || !choices("to").length;
  document.getElementById("use").hidden = !withClip || !choices("route").length;
  document.getElementById("drop-words").textContent = withClip ? "Another clip" : "Drop a clip, or choose one";
  if (!withClip) preview.replaceChildren();
}

/** The clip as the browser can show it: as an image, moving, as a wave, or, where it knows no such format, not at all. */
function picture(chosen, at) {
  preview.disabled = true;
  preview.setAttribute("aria-pressed", "false");
  if (!chosen.size) return;
  if (chosen.type.startsWith("image/")) return preview.replaceChildren(Object.assign(document.createElement("img"), { alt: "", src: at }));
  const player = Object.assign(document.createElement("video"), { src: at, muted: true, loop: true, playsInline: true });
  preview.replaceChildren(player);
  player.addEventListener("loadedmetadata", () => {
    preview.disabled = false;
    if (!player.videoWidth) wave(chosen);
    else if (!still) player.play().catch(() => {});
  });
}

async function wave(chosen) {
  const canvas = document.createElement("canvas");
  preview.append(canvas);
  const found = await bars(chosen);
  if (found && canvas.isConnected) draw(canvas, found);
}

/** The first click plays the clip aloud from its beginning, the next one silences it. */
function hear() {
  const player = preview.querySelector("video");
  const loud = player.muted;
  player.muted = !loud;
  preview.setAttribute("aria-pressed", String(loud));
  if (loud) player.currentTime = 0;
  if (loud) player.play().catch(() => {});
  else if (!player.videoWidth || still) player.pause();
}

function dropping(onFile) {
  const holds = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!holds(event)) return;
    event.preventDefault();
    veil.hidden = false;
  });
  addEventListener("dragleave", (event) => event.relatedTarget === null && (veil.hidden = true));
  addEventListener("drop", (event) => {
    if (!holds(event)) return;
    event.preventDefault();
    veil.hidden = true;
    if (event.dataTransfer.files[0]) onFile(event.dataTransfer.files[0]);
  });
}

function shortcuts(event, onCleared) {
  if (event.key === "Escape" && clip) {
    clear();
    onCleared();
  }
}
