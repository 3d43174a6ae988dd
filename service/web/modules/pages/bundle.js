/** One bundle: how it works, how well, and where it is used. */

import { link, part } from "../address.js";
import { flow } from "../admin/flow.js";
import { gauges, SENSES, senses, users } from "../admin/bundles.js";
import { prose } from "../admin/prose.js";
import { ask } from "../api.js";
import { asked } from "../dialogs.js";
import { at, make, sign, template } from "../dom.js";
import { bytes } from "../format.js";
import { of } from "../galleries.js";
import { session } from "../key.js";
import { rights, tell } from "../slots.js";
import { fill } from "../states.js";

const name = part(1);
const path = `/v1/bundles/${encodeURIComponent(name)}`;
let all = [];

async function open() {
  const [bundle, { galleries }, who] = await Promise.all([ask(path), ask("/v1/galleries"), session()]);
  all = galleries;
  tell(at("head"), { ...rights(who), usable: all.length, about: `Trained on ${bundle.trained_on}` });
  at("actions").hidden = false;
  at("content").replaceChildren(template("whole"));
  tell(at("content"), { ...bundle, ...senses(bundle), figures: Object.keys(bundle.evaluation).length, words: WORDS[bundle.words], size: bytes(bundle.size_bytes), difference: bundle.export_difference.toExponential(1) });
  draw(bundle);
}

const WORDS = { any: "any words do", vocabulary: "its own classes only" };

function draw(bundle) {
  const inUse = users(name, all);
  if (inUse.length) at("users").replaceChildren(...inUse);
  at("gauges").append(...gauges(bundle.evaluation));
  at("ways").append(...ways(Object.keys(bundle.routes)));
  at("classes").append(...bundle.vocabulary.map((each) => chip(each, bundle.seen_classes.includes(each))));
  at("card").append(...prose(bundle.card));
  flow(at("flow"), bundle);
}

const chip = (text, isSeen) => make("li", { class: isSeen ? "badge" : "badge unseen", text, title: isSeen ? "learned" : "never seen in training" });

/** Which sense finds which, as a table. */
function ways(routes) {
  const ends = Object.keys(SENSES);
  const cell = (from, to) => make("td", {}, routes.includes(`${from}->${to}`) ? [sign("check"), make("span", { class: "unseen-text", text: "yes" })] : make("span", { text: "–" }));
  const row = (from) => make("tr", {}, make("th", { scope: "row", text: SENSES[from] }), ends.map((to) => cell(from, to)));
  const head = make("tr", {}, make("td"), ends.map((to) => make("th", { scope: "col", text: SENSES[to] })));
  return [make("thead", {}, head), make("tbody", {}, ends.map(row))];
}

async function embed() {
  at("embed-gallery").replaceChildren(...all.map((each) => new Option(`${each.name}, now with ${each.bundle}`, each.name)));
  const begun = await asked("embed", {}, ({ gallery }) => ask(of(gallery.value, "jobs", "reindex"), { json: { bundle: name } }));
  if (begun) location.assign(link("/jobs", { job: begun.id }));
}

async function remove() {
  if (await asked("delete", { name }, () => ask(path, { method: "DELETE" }).then(() => true))) location.assign(link("/bundles"));
}

at("title").textContent = name;
document.title = `${name} · Sightsound`;
at("download").href = `${path}/archive`;
at("use").addEventListener("click", embed);
at("remove").addEventListener("click", remove);
fill(at("content"), open, "chart");
