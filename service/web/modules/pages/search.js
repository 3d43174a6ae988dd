/** The page: what was asked goes out, what was found comes in. */

import { Refusal } from "../api.js";
import * as composer from "../composer.js";
import { at } from "../dom.js";
import { count } from "../format.js";
import { chosen } from "../galleries.js";
import * as guess from "../guess.js";
import * as hits from "../hits.js";
import * as ideas from "../ideas.js";
import * as inquiry from "../inquiry.js";
import * as searches from "../searches.js";

let gallery = null;
let current = new AbortController();

async function open(name) {
  gallery = await searches.gallery(name);
  const labels = Object.keys(gallery.labels).sort();
  composer.offer({ labels, routes: gallery.routes });
  at("about").textContent = [count(gallery.clips, "clip"), count(labels.length, "label"), gallery.bundle].join(" · ");
  at("ideas").querySelector("h2").textContent = invitation(labels, gallery.routes);
  ideas.show(at("ideas").querySelector("div"), gallery);
}

function invitation(labels, routes) {
  if (!labels.length) return "This gallery holds no clips yet.";
  return routes.some((route) => route.startsWith("text->")) ? "Or start with one of these" : "This gallery is searched with clips, not with words.";
}

async function choose() {
  const name = await chosen();
  if (!name) throw new Refusal({ title: "There is no gallery yet.", detail: "Run `sightsound demo` to make one.", status: 404 });
  await open(name);
}

async function words({ text, to }) {
  if (!text) return home();
  inquiry.write({ text, to });
  document.title = `${text} · Sightsound`;
  await answer(async (signal) => found(await searches.searchByWords(gallery.name, { text, to }, signal), `“${text}”`));
}

async function clip({ file }) {
  document.title = `${file.name} · Sightsound`;
  await answer(async (signal) => {
    const guessed = gallery.channels.length ? classified(file, "", signal) : Promise.resolve();
    guessed.catch(() => {});
    await similar(file, composer.asked().route, signal);
    await guessed;
  });
}

const PARTS = { audio: "the sound of the clip", video: "the pictures of the clip", av: "the clip" };

async function similar(file, route, signal) {
  if (!route) return nothing("This gallery’s bundle has no route from clips to clips.");
  const [from, to] = route.split("->");
  found(await searches.searchByClip(gallery.name, { file, from, to }, signal), PARTS[from]);
}

function nothing(why) {
  at("status").textContent = why;
  at("hits").replaceChildren();
}

async function classified(file, classes, signal) {
  const named = classes.split(",").map((each) => each.trim()).filter(Boolean);
  const said = await searches.classify(gallery.name, { file, classes: named }, signal);
  const again = (own) => classified(file, own, current.signal).then(() => trouble(null), trouble);
  guess.show(at("guess"), said, { onClasses: again, asked: classes });
}

/** Show that work goes on, then what came of it; a newer question silences an older one. */
async function answer(work) {
  current.abort();
  current = new AbortController();
  const { signal } = current;
  document.body.classList.add("busy");
  at("ideas").hidden = at("guess").hidden = true;
  trouble(null);
  at("status").textContent = "Searching…";
  hits.ghosts(at("hits"));
  try {
    await ready;
    await work(signal);
  } catch (error) {
    if (error.name === "AbortError") return;
    trouble(error);
    at("hits").querySelectorAll(".ghost").forEach((ghost) => ghost.remove());
    if (!at("hits").children.length) at("status").textContent = "";
  }
}

function found(result, what) {
  const said = at("status");
  said.replaceChildren(bold(`${result.hits.length} ${result.hits.length === 1 ? "result" : "results"}`), ` for ${what}`);
  said.append(` · ${result.route.replace("->", " → ")} · ${result.took_ms.toFixed(0)} ms · ${result.bundle}`);
  hits.show(at("hits"), result);
}

const bold = (textContent) => Object.assign(document.createElement("b"), { textContent });

function trouble(error) {
  const place = at("trouble");
  place.hidden = !error;
  if (!error) return;
  if (!(error instanceof Refusal)) throw error;
  const title = Object.assign(document.createElement("h2"), { textContent: error.title });
  place.replaceChildren(title, Object.assign(document.createElement("p"), { textContent: error.message }));
  if (error.kind === "/problems/sense-missing") instead(place);
}

/** A way on for a clip without sound, or without pictures: it can search with what it has. */
function instead(place) {
  const other = composer.asked().route?.startsWith("audio->") ? "video" : "audio";
  if (!composer.canUse(other)) return;
  const textContent = other === "video" ? "Search with its pictures" : "Search with its sound";
  const button = Object.assign(document.createElement("button"), { type: "button", className: "quiet", textContent });
  button.addEventListener("click", () => {
    composer.use(other);
    clip(composer.asked());
  });
  place.append(button);
}

function home() {
  current.abort();
  document.title = "Sightsound";
  document.body.classList.remove("busy");
  at("ideas").hidden = false;
  at("guess").hidden = true;
  at("status").textContent = "";
  at("hits").replaceChildren();
  trouble(null);
  inquiry.write({ text: "", to: "" });
}

function follow() {
  const search = inquiry.read();
  composer.clear();
  composer.fill(search);
  return search.text ? words(search) : home();
}

const ready = choose();
ready.catch(trouble);
composer.start({ onWords: words, onClip: clip, onCleared: () => follow() });
addEventListener("popstate", follow);
follow();
