/** One evaluation: all that its report tells. */

import { link, parameters, part, rewrite } from "../address.js";
import { ask } from "../api.js";
import { heat } from "../charts/heat.js";
import { lines } from "../charts/lines.js";
import { asked } from "../dialogs.js";
import { at, make } from "../dom.js";
import { ACCURACIES, CHANNELS, choice, drawn, figure, mean, put } from "../evaluations/cells.js";
import { sorted } from "../evaluations/classes.js";
import { named, ordered, share, test, verdict } from "../evaluations/words.js";
import { worst } from "../evaluations/worst.js";
import { ago, count, percent } from "../format.js";
import { chosen, of } from "../galleries.js";
import { session } from "../key.js";
import { rights, tell } from "../slots.js";
import { fill } from "../states.js";

const id = Number(part(1));
const facts = {};
let gallery = null;
let report = null;

const say = (more) => tell(at("content"), Object.assign(facts, more));

async function open() {
  gallery = await chosen();
  const path = of(gallery, "evaluations", id);
  const [found, who] = await Promise.all([ask(path), session()]);
  report = found.report;
  tell(at("head"), rights(who));
  at("content").replaceChildren(at("report").content.cloneNode(true));
  at("json").href = path;
  at("map").href = link("/map", { gallery, evaluation: id, route: null });
  facts.map = found.request.map;
  at("json").download = `evaluation-${id}.json`;
  document.title = `Evaluation ${id} · Sightsound`;
  at("title").textContent = `Evaluation ${id}`;
  at("about").textContent = [report.bundle, `generation ${found.generation} of ${gallery}`, `${count(report.clips, "clip")} of ${count(report.classes, "class", "classes")}`, ago(found.made_at)].join(" · ");
  begin();
  beside(await ask(of(gallery, "evaluations")));
}

/** Others to lay beside this one. */
function beside({ evaluations }) {
  const others = evaluations.filter((each) => each.id !== id).reverse();
  at("beside").append(...others.map((each) => new Option(`Evaluation ${each.id}, ${each.bundle}`, each.id)));
  at("beside").hidden = !others.length;
  at("beside").onchange = ({ target: { value } }) => location.assign(link("/evaluations/compare", { gallery, first: value, second: id }));
}

/** The rows to choose among are made once, so that whoever walks through them stays where they are. */
function begin() {
  const { retrieval, classification } = report;
  const wanted = parameters().get("route");
  const route = wanted in retrieval ? wanted : ordered(retrieval)[0];
  const channel = Object.keys(classification).at(-1);
  put(at("routes"), ordered(retrieval).map((each) => row(each, retrieval[each], each === route)));
  put(at("channels"), Object.entries(classification).reverse().map(([each, found]) => channelOf(each, found, each === channel)));
  classify(channel);
  choose(route);
}

function choose(route) {
  const { retrieval, comparison } = report;
  const { curve, probability, worst: queries } = retrieval[route];
  const paired = comparison?.retrieval[route];
  rewrite({ route });
  const wrong = queries?.filter((each) => each.average_precision < 1) ?? [];
  say({ route: named(route), curve, queries, wrong: wrong.length, likely: probability?.reliability.length, paired, ...(paired && { verdict: verdict(paired), test: test(paired), rival: `${comparison.generation} by ${comparison.bundle}` }) });
  if (curve) precision(route, curve);
  if (facts.likely) calibration(route, probability);
  const thumbnail = /video|av/.test(Object.keys(retrieval)) ? (clip, second) => `${of(gallery, "clips", clip)}/thumbnail?at_s=${second}` : null;
  worst(at("worst"), wrong, { gallery, route, thumbnail });
  classes(route);
}

function row(route, { by_class: { seen, unseen }, by_sample: middle, interval, chance }, checked) {
  const ticks = { seen, unseen, chance: chance.seen };
  return choice("route", named(route), checked, () => choose(route), drawn({ at: middle, interval, ticks }), mean(middle, interval), ...Object.values(ticks).map((each) => figure(each)));
}

const channelOf = (channel, found, checked) => choice("channel", CHANNELS[channel], checked, () => classify(channel), ...ACCURACIES.map((name) => figure(found[name])));

/** The same of all other routes, behind. */
const others = (route, points) => Object.entries(report.retrieval).flatMap(([name, each]) => (name !== route && points(each)?.length ? [{ points: points(each), kind: "faint" }] : []));

function precision(route, curve) {
  const points = (each) => each.curve?.map((value, i) => [i / 10, value]);
  const read = (i) => `With ${10 * i} % of what there is found, ${share(curve[i])} of the hits are right.`;
  lines(at("precision"), [{ points: points({ curve }) }, ...others(route, points)], read, 5);
}

function calibration(route, { reliability, sigmoid }) {
  const points = (each) => each.probability?.reliability.map(({ predicted, observed }) => [predicted, observed]);
  const read = (i) => `Of ${count(reliability[i].count, "pair")} said to be right by ${percent(reliability[i].predicted)}, ${percent(reliability[i].observed)} are.`;
  const sizes = reliability.map((each) => 5 + 3 * Math.log10(each.count));
  lines(at("calibration"), [{ points: points({ probability: { reliability } }), sizes }, { points: [[0, 0], [1, 1]], kind: "ideal" }, ...others(route, points)], read, reliability.length - 1);
  say({ error: share(sigmoid.error), hits_error: share(sigmoid.hits_error) });
}

function classes(route) {
  const found = report.retrieval[route].classes;
  const right = Object.values(report.classification).at(-1)?.classes ?? {};
  const href = (text) => link("/", { gallery, text, to: route.split("->")[1], route: null });
  const known = Object.entries(report.labels ?? {}).map(([name, each]) => ({ ...each, name, href: href(name), found: found[name], named: right[name] }));
  say({ labels: known.length });
  sorted(at("classes"), known);
}

/** What a channel takes for what. */
function classify(channel) {
  const { confusion, abstaining = [] } = report.classification[channel] ?? {};
  say({ channel, confusion, mistaken: confusion?.mistakes.length, sure: abstaining.length });
  const read = (i) => `Answering only the ${percent(abstaining[i].answered)} of which it is surest, it is right for ${share(abstaining[i].right)}.`;
  if (facts.sure) lines(at("abstaining"), [{ points: abstaining.map((each) => [each.answered, each.right]) }], read, 4);
  if (confusion) mistakes(confusion);
}

async function remove() {
  if (await asked("delete", { id, map: facts.map }, () => ask(of(gallery, "evaluations", id), { method: "DELETE" }).then(() => true))) location.assign(link("/evaluations", { gallery }));
}

function mistakes(confusion) {
  const light = heat(at("confusion"), confusion, report.labels);
  const mistake = ({ class: right, taken_for: answer, clips, of: all }) =>
    make("li", { on: { pointerenter: () => light(right, answer), pointerleave: () => light() } }, make("span", {}, make("b", { text: right }), " taken for ", make("b", { text: answer })), make("small", { text: `${clips} of ${all}` }));
  at("mistakes").replaceChildren(...confusion.mistakes.slice(0, 8).map(mistake));
}

at("remove").addEventListener("click", remove);
fill(at("content"), open, "chart");
