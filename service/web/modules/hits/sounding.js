/** What cards do when they are pointed at, reached, or pressed: they play, and say where in the clip they are. */

import { isLoud, isPlaying, play, stop } from "../player.js";
import { still } from "../motion.js";
import { view } from "../searches.js";
import { draw, waveform } from "../sound.js";

const KEPT = "sound";
const hovers = matchMedia("(hover: hover)").matches;
const inSight = new IntersectionObserver((seen) => seen.forEach(({ target, isIntersecting }) => isIntersecting && target.paint()), { rootMargin: "200px" });
let pressed = null;

const wantsSound = () => localStorage.getItem(KEPT) === "on";

/** The switch for sound of what plays by itself; what is pressed is always heard. */
export function switching(button) {
  const tell = () => button.setAttribute("aria-pressed", String(wantsSound()));
  button.addEventListener("click", () => {
    localStorage.setItem(KEPT, wantsSound() ? "off" : "on");
    tell();
  });
  tell();
}

/** A card that plays; an image has nothing to play, and pressing it asks why it was found. */
export function lively(item, hit) {
  const button = item.querySelector(".play");
  if (item.kind === "image") {
    button.removeAttribute("aria-pressed");
    button.addEventListener("click", () => item.dispatchEvent(new CustomEvent("why", { bubbles: true })));
    return item;
  }
  const stage = item.querySelector(".stage");
  const begin = (loud, window = hit.window) => start(item, stage, { hit, loud, window });
  item.hear = (window, by) => hear(item, stage, { by, begin: () => begin(true, window) });
  button.addEventListener("click", () => press(item, stage, begin));
  if (!still) wake(item, stage, begin);
  if (item.querySelector("canvas")) picture(item, hit);
  return item;
}

/** The first press plays it aloud until the next one, whatever else is pointed at meanwhile. */
function press(item, stage, begin) {
  const again = pressed === item && isLoud(stage);
  pressed = again ? null : item;
  if (again) stop(stage);
  else begin(true);
}

/** Another moment of its clip, by a button that says so; pressed again, it stops. */
function hear(item, stage, { by, begin }) {
  const again = by.ariaPressed === "true" && isLoud(stage);
  stop(stage);
  if (again) return;
  pressed = item;
  by.ariaPressed = "true";
  begin();
}

/** Pointed at or reached by the keyboard, it plays until it is left. */
function wake(item, stage, begin) {
  const enter = () => !isPlaying(stage) && !pressed && begin(wantsSound());
  const leave = () => pressed !== item && stop(stage);
  if (hovers) item.addEventListener("pointerenter", enter);
  if (hovers) item.addEventListener("pointerleave", leave);
  item.addEventListener("focusin", ({ target }) => target.matches(".play:focus-visible") && enter());
  item.addEventListener("focusout", ({ relatedTarget }) => !item.contains(relatedTarget) && leave());
}

function start(item, stage, { hit, loud, window }) {
  const button = item.querySelector(".play");
  item.classList.add("playing");
  item.window = window;
  play(stage, { src: view(hit.clip, "preview"), window, loud, pictures: !item.classList.contains("sounding") }, {
    onMoment: (part) => {
      stage.style.setProperty("--played", part);
      item.paint?.(part);
      const heard = isLoud(stage);
      item.classList.toggle("loud", heard);
      button.setAttribute("aria-pressed", String(heard));
    },
    onEnd: () => ended(item, stage, hit),
    onFailed: () => item.classList.add("silent"),
  });
}

function ended(item, stage, hit) {
  if (pressed === item) pressed = null;
  item.window = hit.window;
  for (const each of item.querySelectorAll(".moment[aria-pressed]")) each.ariaPressed = "false";
  item.classList.remove("playing", "loud");
  item.querySelector(".play").setAttribute("aria-pressed", "false");
  stage.style.setProperty("--played", 0);
  item.paint?.();
}

/** Sound as a wave: what was found of it in colour, and of that, while it plays, what was played. */
function picture(item, hit) {
  const canvas = item.querySelector("canvas");
  let shape = null;
  item.window = hit.window;
  item.paint = async (part = 1) => {
    shape ??= waveform(view(hit.clip, "waveform"));
    const found = await shape;
    if (found && canvas.isConnected) draw(canvas, found.bars, { within: within(item.window, found.duration_s), played: part });
  };
  inSight.observe(item);
}

const within = ({ start_s, end_s }, duration_s) => [start_s / duration_s, Math.min(1, end_s / duration_s)];

addEventListener("resize", () => document.querySelectorAll(".hit").forEach((item) => item.paint?.()));
