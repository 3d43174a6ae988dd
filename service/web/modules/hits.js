/** Results as a grid of cards that play. */

import { number, span } from "./format.js";
import { still } from "./motion.js";
import { view } from "./searches.js";
import { bars, draw } from "./sound.js";

const LOOKS = { video: "seeing", audio: "sounding", av: "both" };
const SOUND = { missing: "no sound", silent: "silent", damaged: "sound damaged" };
const PICTURES = { damaged: "pictures damaged" };
const template = document.getElementById("hit");
const onScreen = new IntersectionObserver((seen) => seen.forEach(({ target, isIntersecting }) => target.shown(isIntersecting)), {
  rootMargin: "80px",
});
let loudest = null;

export function show(list, { hits, route }) {
  const to = route.split("->")[1];
  list.replaceChildren(...hits.map((hit) => card(hit, to, part(hit.score, hits))));
}

export function ghosts(list, count = 10) {
  list.replaceChildren(...Array.from({ length: count }, () => Object.assign(document.createElement("li"), { className: "hit ghost" })));
}

/** How full a bar is: the best hit fills it, the last one shown leaves a sliver. */
export function part(score, ranked) {
  const best = ranked[0].score;
  const worst = ranked[ranked.length - 1].score;
  return best === worst ? 1 : 0.08 + 0.92 * ((score - worst) / (best - worst));
}

function card(hit, to, full) {
  const item = template.content.firstElementChild.cloneNode(true);
  const kind = hit.clip.media_type.split("/")[0];
  item.classList.add({ video: LOOKS[to], image: "seeing" }[kind] ?? "sounding");
  item.querySelector(".bar").style.setProperty("--part", full);
  const score = item.querySelector(".number");
  score.textContent = number(hit.score);
  score.title = "Score: higher is closer";
  const label = hit.clip.labels.join(", ") || hit.clip.name;
  item.querySelector(".label").textContent = label;
  const where = item.querySelector(".where");
  where.textContent = kind === "image" ? "Image" : [span(hit.window), ...lacks(hit.window)].join(" · ");
  where.title = hit.clip.name;
  if (kind === "image") hang(item, hit, label);
  else bringToLife(item, hit, label);
  return item;
}

/** An image is looked at; there is nothing to play. */
function hang(item, hit, alt) {
  item.querySelector("video").replaceWith(Object.assign(document.createElement("img"), { loading: "lazy", alt, src: hit.clip.media }));
  item.querySelector(".play").remove();
}

/** Why a window has no sound, or no pictures though it is a video. */
const lacks = ({ absent }) => [SOUND[absent.audio], PICTURES[absent.video]].filter(Boolean);

function bringToLife(item, hit, label) {
  const video = item.querySelector("video");
  const canvas = item.querySelector("canvas");
  const button = item.querySelector(".play");
  const quiet = item.classList.contains("sounding");
  const shape = quiet ? { middle: 0.43, most: 0.6 } : {};
  let found = null;
  const loud = () => item.classList.contains("loud");
  const paint = () => found && draw(canvas, found, { ...shape, played: loud() ? video.currentTime / video.duration : 1 });
  const follow = () => {
    paint();
    if (item.isConnected && loud()) requestAnimationFrame(follow);
  };
  item.turn = (on) => {
    item.classList.toggle("loud", on);
    video.muted = !on;
    name(button, label, on);
    if (on) video.play().catch(() => hush(item));
    else if (quiet) video.pause();
    follow();
  };
  item.shown = async (visible) => {
    if (!visible) return video.pause();
    if (!video.src) {
      if (!quiet && !hit.window.absent.video) video.poster = view(hit.clip, `thumbnail?at_s=${hit.window.start_s}`);
      video.src = view(hit.clip, "preview");
    }
    if (!quiet && !still) video.play().catch(() => {});
    if (!item.classList.contains("seeing") && !found) {
      found = await bars(view(hit.clip, "preview"));
      paint();
    }
  };
  item.paint = paint;
  name(button, label, false);
  video.addEventListener("error", () => item.classList.add("silent"));
  video.addEventListener("loadedmetadata", () => (video.currentTime = hit.window.start_s));
  listen(item, button, quiet);
  onScreen.observe(item);
}

/** A click turns the sound on until the next one; a mouse over pictures turns it on while it stays. */
function listen(item, button, quiet) {
  button.addEventListener("click", () => {
    item.kept = !item.kept;
    item.kept ? sound(item) : hush(item);
  });
  if (quiet) return;
  const stage = item.querySelector(".stage");
  // Browsers allow sound only after a person has done something on the page.
  stage.addEventListener("mouseenter", () => navigator.userActivation?.hasBeenActive && sound(item));
  stage.addEventListener("mouseleave", () => !item.kept && hush(item));
}

function sound(item) {
  if (loudest && loudest !== item) hush(loudest);
  loudest = item;
  item.turn(true);
}

function hush(item) {
  item.kept = false;
  item.turn(false);
  if (loudest === item) loudest = null;
}

function name(button, label, playing) {
  button.setAttribute("aria-label", playing ? `Silence ${label}` : `Hear ${label}`);
  button.setAttribute("aria-pressed", String(playing));
}

addEventListener("resize", () => document.querySelectorAll(".hit").forEach((item) => item.paint?.()));
