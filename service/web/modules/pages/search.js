/** The page: what was asked goes out, what was found comes in. */

import { Refusal } from "../api.js";
import { likable } from "../asking/choices.js";
import * as filters from "../asking/filters.js";
import * as obstacles from "../asking/obstacles.js";
import { lessThan, window as windowOf } from "../asking/parts.js";
import * as recent from "../asking/recent.js";
import * as sharing from "../asking/sharing.js";
import * as words from "../asking/words.js";
import * as composer from "../composer.js";
import { at, make } from "../dom.js";
import { count, percent } from "../format.js";
import { chosen } from "../galleries.js";
import * as guess from "../guess.js";
import * as hits from "../hits.js";
import * as ideas from "../ideas.js";
import * as inquiry from "../inquiry.js";
import * as searches from "../searches.js";
import { failed, renew, show } from "../states.js";

let gallery = null;
let current = new AbortController();

async function open() {
  const name = await chosen();
  if (!name) return Promise.reject(new Refusal({ title: "There is no gallery yet.", detail: "Run `sightsound demo` to make one.", status: 404 }));
  gallery = await searches.gallery(name);
  composer.offer(gallery);
  at("about").textContent = [count(gallery.clips, "clip"), count(Object.keys(gallery.labels).length, "label"), `gallery ${gallery.name}`].join(" · ");
  ideas.show(at("ideas"), gallery);
}

/** Show that work goes on, then what came of it; a newer search silences an older one. */
async function run(asked) {
  const { signal } = begin(asked);
  try {
    await ready;
    const search = composer.asked();
    const obstacle = obstacles.before(search, gallery.routes);
    obstacle ? tell("empty", obstacle) : await found(search, signal);
    guessed(search, signal);
  } catch (error) {
    if (error.name !== "AbortError") refused(error, signal);
  }
}

function begin(asked) {
  current.abort();
  current = new AbortController();
  document.title = `${words.titled(asked)} · Sightsound`;
  document.documentElement.classList.add("busy");
  renew(at("trouble"));
  guess.keep(at("guess"), alone(asked));
  at("results-line").hidden = false;
  at("status").textContent = "Searching…";
  sharing.tell({});
  hits.ghosts(at("hits"), { gallery: gallery?.name, to: asked.to });
  return current;
}

/** Ask, and show what was found; `again` is the same search once more, with something laid over it. */
async function found(search, signal) {
  signal.throwIfAborted();
  const again = (extra, other) => searches.search(gallery.name, search, extra, { signal: other });
  const answer = await searches.search(gallery.name, search, { pages: true }, { signal, onProgress: sending });
  await hits.meet(answer, search.to);
  signal.throwIfAborted();
  const best = answer.next === null ? count(answer.hits.length, "result") : "The best results";
  at("status").replaceChildren(make("b", { text: best }), ` for ${words.asked(search)}`, make("span", { class: "how", text: ` · ${words.way(answer.route)}${answer.took_ms.toFixed(0)} ms` }));
  recent.keep(search, gallery.name);
  filters.scaled(Boolean(answer.calibrated_on));
  const { routes } = gallery;
  hits.show(at("hits"), answer, { again, search, to: search.to, routes, likable: likable(search, routes) });
}

/** How much of a clip is sent; what is small is sent at once. */
function sending(part) {
  at("status").textContent = part < 1 ? `Sending the clip: ${percent(part)}` : "Searching…";
}

function refused(error, signal) {
  const obstacle = gallery && obstacles.after(error, composer.asked(), gallery.routes);
  empty();
  if (!obstacle) return failed(at("trouble"), error, gallery ? follow : () => location.reload());
  tell("error", obstacle);
  guessed(composer.asked(), signal);
}

function tell(kind, obstacle) {
  empty();
  show(at("trouble"), kind, obstacle);
}

function empty() {
  hits.clear(at("hits"));
  at("results-line").hidden = true;
}

/** The clip that was brought along, where it is all that is asked with. */
const alone = ({ parts }) => (parts.length === 1 ? parts[0].file : null);

/** What it is. */
function guessed(search, signal) {
  const file = gallery.channels.length ? alone(search) : null;
  guess.follow(at("guess"), file, () => searches.classify(gallery.name, file, signal));
}

function home() {
  current.abort();
  document.title = "Sightsound";
  document.documentElement.classList.remove("busy");
  at("guess").hidden = true;
  empty();
  if (gallery) at("trouble").replaceChildren();
}

const go = (search) => (inquiry.isAsked(search) ? run(search) : home());

const follow = () => go(composer.fill(inquiry.read()));

function ask(search) {
  inquiry.write(search);
  go(search);
}

/** A clip of the gallery, for the chips that show it. */
const clip = (id) => ready.then(() => searches.clip(gallery.name, id));

const share = () => sharing.share(composer.asked(), gallery.name);

/** The clip goes into the gallery, and so into the link. */
async function keep() {
  const { parts } = composer.asked();
  const upload = parts.find(({ file }) => file);
  try {
    const kept = await sharing.keep(upload, gallery.name);
    composer.change({ parts: parts.map((each) => (each === upload ? kept : each)) });
    at("share").focus();
    await share();
  } catch (error) {
    failed(at("trouble"), error);
  }
}

/** What was asked before, and a way back to it. */
const before = () => (gallery ? recent.offers(gallery.name, (address) => history.pushState(null, "", address) ?? follow()) : []);

const change = (changed) => composer.change({ filters: { ...composer.asked().filters, ...changed } });

composer.start({ onAsk: ask, clip, fields: () => ready.then(() => searches.fields(gallery.name)), recent: before });
at("hits").addEventListener("within", ({ detail }) => change({ among: [detail.clip], by: null }));
at("hits").addEventListener("like", ({ detail }) => composer.exemplify(windowOf(detail, 1)));
at("hits").addEventListener("unlike", ({ detail }) => composer.exemplify(windowOf(detail, lessThan(composer.asked()))));
at("hits").addEventListener("counterpart", ({ detail }) => composer.change({ text: "", parts: [windowOf(detail, 1)], from: detail.from, to: detail.to }));
at("share").addEventListener("click", share);
at("keep").addEventListener("click", keep);
addEventListener("popstate", follow);
const ready = open();
ready.catch((error) => failed(at("trouble"), error, () => location.reload()));
follow();
