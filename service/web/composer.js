/** Where a search is put together: words or a clip, and what to find. */

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

export function asked() {
  const chosen = new FormData(form);
  return { text: chosen.get("text").trim(), to: chosen.get("to"), from: chosen.get("from"), file: clip };
}

export function fill({ text, to }) {
  form.elements.text.value = text;
  form.elements.to.value = to;
}

export function use(sense) {
  form.elements.from.value = sense;
}

export function offer(labels) {
  document.getElementById("labels").replaceChildren(...labels.map((label) => new Option(label)));
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
  document.getElementById("clip-size").textContent = size(chosen.size);
  swap(true);
  picture(chosen, address);
  onClip(asked());
}

function swap(withClip) {
  for (const id of ["words", "find"]) document.getElementById(id).hidden = withClip;
  for (const id of ["clip", "use"]) document.getElementById(id).hidden = !withClip;
  document.getElementById("drop-words").textContent = withClip ? "Another clip" : "Drop a clip, or choose one";
  if (!withClip) preview.replaceChildren();
}

/** The clip as the browser can show it: moving, as a wave, or, where it knows no such format, not at all. */
function picture(chosen, at) {
  preview.disabled = true;
  preview.setAttribute("aria-pressed", "false");
  if (!chosen.size) return;
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

const size = (bytes) => (bytes < 2 ** 20 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 2 ** 20).toFixed(1)} MB`);

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
  const typing = event.target.matches("input, select, textarea");
  if (event.key === "/" && !typing && !clip) {
    event.preventDefault();
    form.elements.text.focus();
  }
  if (event.key === "Escape" && clip) {
    clear();
    onCleared();
  }
}
