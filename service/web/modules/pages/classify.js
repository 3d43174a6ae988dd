/** Classify: a clip goes out with the classes that compete; what comes back is weighed here, without asking again. */

import { parameters, rewrite, write } from "../address.js";
import { ask, form, upload } from "../api.js";
import * as arriving from "../asking/arriving.js";
import * as among from "../classify/among.js";
import * as bars from "../classify/bars.js";
import * as clips from "../classify/clip.js";
import * as curve from "../classify/curve.js";
import { invite } from "../classify/ideas.js";
import { facts, rank, text } from "../classify/ranking.js";
import { at } from "../dom.js";
import { count, number } from "../format.js";
import { chosen, of } from "../galleries.js";
import { called, place } from "../galleries/views.js";
import { view } from "../searches.js";
import { tell } from "../slots.js";
import { failed, fill, loading, show } from "../states.js";

const FEW = innerWidth < 700 ? 5 : 10;
const channels = at("asking").elements.channel;
let gallery;
let bundle;
let clip = null;
let answer;
let known;
let all = false;
let going = new AbortController();
let settled;
/** What was pressed to come here is gone: whoever goes by keys goes on with the answer. */
let led = false;
/** What is taken off seen classes; NaN: what the bundle was calibrated to. */
let beta = Number.parseFloat(parameters().get("beta"));
/** The least lead of an answer that is one. */
let least = Number.parseFloat(parameters().get("threshold")) || 0;

async function open() {
  const name = await chosen();
  if (!name) return show(at("content"), "empty", { title: "There is no gallery yet.", detail: "Run `sightsound demo` to make one." });
  gallery = await ask(of(name));
  if (!gallery.channels.length) return show(at("content"), "empty", { title: "This gallery’s model cannot classify.", detail: "It has no route to words. Choose another gallery." });
  if (!bundle) await offer();
  await (clip ? classify() : begin());
}

/** Let choose from what there is. */
async function offer() {
  const asked = [ask(`/v1/bundles/${encodeURIComponent(gallery.bundle)}`), ask("/v1/vocabularies", { query: { limit: 1000 } })];
  const [found, { vocabularies }] = await Promise.all(asked);
  bundle = found;
  among.start({ gallery, bundle, vocabularies, onChange: classify });
  for (const each of channels) each.parentElement.hidden = !gallery.channels.includes(each.value);
  at("look").hidden = gallery.channels.length < 2;
  check(parameters().get("channel"));
}

async function begin() {
  const id = parameters().get("clip");
  if (!id) return invite(at("content"), gallery.name);
  const found = await ask(of(gallery.name, "clips", id));
  clip = { id, name: called(found), page: place(found), src: view(found, "preview"), still: found.media_type.startsWith("image/") };
  clips.show(clip);
  await classify();
}

const check = (channel) => channels.forEach((each) => (each.checked = each.value === channel));

function take(file) {
  clip = { file, name: file.name };
  rewrite({ clip: null });
  clips.show(clip);
  if (bundle) classify();
}

function clear() {
  write({ clip: null });
  follow();
  at("file").focus();
}

/** Begin anew with what the address names: a clip of the gallery, or none yet. */
function follow() {
  going.abort();
  clip = null;
  clips.show(null);
  if (!bundle) return;
  reveal("content");
  fill(at("content"), begin, "cards");
}

/** One of the gallery's is a link, for another tab too; here nothing is loaded anew for it. */
function pick(event) {
  const idea = event.target.closest(".ideas a");
  if (!idea || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  write({ clip: new URL(idea.href).searchParams.get("clip") });
  led = true;
  follow();
}

const reveal = (id) => ["content", "result"].forEach((each) => (at(each).hidden = each !== id));

/** Ask, and show that it goes on; a newer question silences an older one. */
async function classify() {
  const classes = among.chosen();
  if (!clip || !classes) return;
  going.abort();
  going = new AbortController();
  at("result").setAttribute("aria-busy", "true");
  if (at("result").hidden) loading(at("content"));
  try {
    answer = await asked(classes, going.signal);
    told();
  } catch (error) {
    if (error.name !== "AbortError") reveal("content");
    failed(at("content"), error, classify);
  }
}

function asked(classes, signal) {
  const fields = { gallery: gallery.name, channel: parameters().get("channel"), k: 1000, ...classes };
  if (clip.id) return ask("/v1/classify", { json: { clip: clip.id, ...fields }, signal });
  return upload("/v1/classify", form({ file: clip.file, ...fields }), { onProgress: clips.sent, signal });
}

function told() {
  const { classes, channel } = answer;
  const raws = classes.map(({ score, taken_off: off }) => score + off);
  const spread = Math.max(...raws) - Math.min(...raws) || 1;
  const found = bundle.classification.curves[channel];
  const mixed = new Set(classes.map(({ seen }) => seen)).size > 1;
  known = { mixed, curve: found, long: classes.length > FEW, from: `${answer.bundle} · ${count(classes.length, "class", "classes")} · ${Math.round(answer.took_ms)} ms` };
  clips.sent(1);
  check(channel);
  bars.clear();
  curve.show(found, answer.beta, beta || (found ? 0 : spread));
  at("threshold").max = Math.max(spread / 2, least);
  reveal("result");
  at("result").setAttribute("aria-busy", "false");
  if (led && document.activeElement === document.body) at("result").focus();
  led = false;
  weigh();
}

/** All that follows from the answer, what is taken off, and the lead that is asked for; gives it as text. */
function weigh() {
  const off = Number.isNaN(beta) ? answer.beta : beta;
  const ranked = rank(answer, off);
  const found = facts(answer, ranked, { beta: off, least });
  const more = all ? `Show the first ${FEW}` : `Show all ${ranked.length}`;
  tell(at("result"), { ...known, ...found, more, asked: least ? number(least) : "0" });
  curve.put(off);
  bars.show(at("bars"), all ? ranked : ranked.slice(0, FEW), ranked);
  at("threshold").value = least;
  at("result").className = found.answered ? "" : "abstained";
  document.title = `${at("best").innerText} · Classify · Sightsound`;
  clearTimeout(settled);
  settled = setTimeout(() => (at("said").textContent = at("verdict").innerText), 500);
  return text(ranked, `${clip.name}\n${at("verdict").innerText}\n${known.from}, ${number(off)} taken off seen classes`);
}

function set(value) {
  beta = value === answer.beta ? NaN : value;
  weigh();
  keep();
}

const short = (value) => (Number.isNaN(value) ? null : Number(value.toPrecision(4)));
const keep = () => rewrite({ beta: short(beta), threshold: short(least) || null });

/** Where a browser lets no script copy, the text is there to be copied by hand. */
async function copy() {
  at("text").value = weigh();
  try {
    await navigator.clipboard.writeText(at("text").value);
    at("copy").lastElementChild.textContent = "Copied";
  } catch {
    at("text").hidden = false;
    at("text").select();
  }
}

at("beta").addEventListener("input", ({ target }) => weigh((beta = Number(target.value))));
at("threshold").addEventListener("input", ({ target }) => weigh((least = Number(target.value))));
for (const each of ["beta", "threshold"]) at(each).addEventListener("change", keep);
at("look").addEventListener("change", ({ target }) => classify(rewrite({ channel: target.value })));
at("more").addEventListener("click", () => weigh((all = !all)));
at("copy").addEventListener("click", copy);
at("clear").addEventListener("click", clear);
at("content").addEventListener("click", pick);
addEventListener("popstate", follow);
at("asking").addEventListener("submit", (event) => event.preventDefault());
addEventListener("keydown", ({ key, target }) => key === "Escape" && clip && !target.closest("dialog, select, #word") && clear());
arriving.start(take);
curve.start(set);
fill(at("content"), open, "cards");
