/** What a score is made of, as far as the service tells it exactly; what it does not tell is not there. */

import { ask } from "../api.js";
import { make } from "../dom.js";
import { count, number, percent, seconds, span } from "../format.js";
import { view } from "../searches.js";

const SENSES = { audio: "sound", video: "pictures" };

const section = (title, ...held) => make("section", {}, make("h3", { text: title }), held);

/** The probability and what it was fitted on, or that there is none; the score, and what it was before it was corrected. */
export function sure(hit, { raw_score: raw, bias, query_scores: alone, calibration }, scale) {
  const bar = make("span", { class: "bar", style: { "--part": scale.part(hit) } }, make("i"));
  const big = make("p", { class: scale.isCalibrated ? "sure" : "sure compared" }, make("b", { text: scale.said(hit) }), bar);
  const facts = {
    Score: number(hit.score),
    Corrected: bias ? `by ${number(bias)} from ${number(raw)}: it comes near to everything` : null,
    "Of each part": alone?.length > 1 ? alone.map(number).join(", ") : null,
    ...(calibration ? fitted(calibration) : {}),
  };
  return section("How near", big, make("p", { text: calibration ? LIKELY : PLAIN }), list(facts));
}

const LIKELY = "How likely it shows what was asked for, given that the gallery has that at all.";
const PLAIN = "A score says which of two results is nearer, and not how likely either is right.";

const fitted = ({ source, queries, pairs, hits_error: off, fitted_on: on }) => ({
  "Told by": source,
  "Fitted on": `${count(queries, "query", "queries")}, ${count(pairs, "pair")}: ${on}`,
  "Was off by": off === null ? null : `${percent(off)}, over the ten best of each query`,
});

const list = (facts) =>
  make("dl", { class: "facts" }, Object.entries(facts).flatMap(([name, said]) => (said ? [make("dt", { text: name }), make("dd", { text: said })] : [])));

/** What sound and pictures each add to the score. */
export function parts({ parts: found }) {
  const known = Object.entries(found ?? {});
  if (known.length < 2) return null;
  const sum = known.reduce((all, [, each]) => all + Math.abs(each), 0) || 1;
  const rows = known.map(([sense, each]) => row(SENSES[sense], Math.abs(each) / sum, number(each), sense));
  const isFar = known.every(([, each]) => each <= 0);
  return section("What each sense adds to it", make("ul", { class: "rows" }, rows), isFar ? make("p", { text: "Scores are distances below 0: the shorter bar is the sense that fits better." }) : null);
}

/** How much each sense weighs, where the bundle weighs them. */
export function attention({ attention: found }) {
  const known = Object.entries(found ?? {}).filter(([, each]) => each);
  if (!known.length) return null;
  const names = { query: "Asked", hit: "Found" };
  const rows = known.map(([which, each]) => make("li", { class: "shares" }, make("span", { text: names[which] }), shares(each)));
  return section("Where attention went", make("ul", { class: "rows" }, rows));
}

const shares = (each) => make("span", { class: "share" }, Object.entries(each).map(([sense, part]) => make("i", { class: sense, style: { "--part": part }, text: part > 0.2 ? `${SENSES[sense]} ${percent(part)}` : "", title: `${SENSES[sense]} ${percent(part)}` })));

/** The class names nearest to both sides; those of both are marked, as they are why. */
export function words({ words: found }, search) {
  if (!found?.query && !found?.hit) return null;
  const names = (side) => new Set((side ?? []).map(({ name }) => name));
  const both = new Set([...names(found.query)].filter((name) => names(found.hit).has(name)));
  const nearest = (title, side) => side && make("div", {}, make("h4", { text: title }), make("ol", {}, side.map(({ name, score }) => make("li", { class: both.has(name) ? "both" : "", title: `score ${number(score)}`, text: name }))));
  const title = search?.text ? "To the words" : "To what was asked";
  const note = both.size ? make("p", { text: `${count(both.size, "class", "classes")} near both.` }) : null;
  return section("Nearest class words", make("div", { class: "near" }, nearest(title, found.query) || null, nearest("To what was found", found.hit) || null), note);
}

const row = (name, part, said, sense) => make("li", {}, make("span", { text: name }), make("span", { class: `bar ${sense}`, style: { "--part": part } }, make("i")), make("span", { class: "number", text: said }));

/** More windows than this are too narrow to be pressed. */
const PRESSED = 14;

/** The clip as a line with its windows, the one that was found in colour, each to be heard; nothing of an image, or a clip that went. */
export async function line({ clip, window }, signal) {
  const found = await ask(clip.media.replace(/\/media$/, ""), { signal }).catch(() => null);
  if (!found?.duration_s) return null;
  const { duration_s: whole, senses, windows } = found;
  const wave = senses.includes("audio") ? make("img", { alt: "", src: view(clip, "waveform.svg") }) : null;
  const marks = windows.map((each) => mark(each, { whole, isFound: each.start_s === window.start_s, pressed: windows.length <= PRESSED }));
  const among = windows.length > 1 ? `, one of ${count(windows.length, "window")}` : "";
  const words = `${span(window)} of ${seconds(whole)}${among}`;
  const drawn = make("div", { class: "when", role: "group", "aria-label": words }, wave, marks);
  return section("When in the clip", drawn, make("p", { text: `${words}.` }));
}

function mark(window, { whole, isFound, pressed }) {
  const held = { class: isFound ? "found" : "", style: { "--from": window.start_s / whole, "--to": Math.min(1, window.end_s / whole) } };
  const hear = ({ target }) => target.closest(".why").querySelector(".side:last-child .stage").hear?.(window);
  return pressed ? make("button", { ...held, type: "button", "aria-label": `Play ${span(window)}`, on: { click: hear } }) : make("i", held);
}
