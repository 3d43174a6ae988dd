/** Two evaluations side by side: which is better, and how sure that is. */

import { link, parameters, rewrite } from "../address.js";
import { ask } from "../api.js";
import { lines } from "../charts/lines.js";
import { at, make } from "../dom.js";
import { ACCURACIES, CHANNELS, choice, drawn, figure, mean, put } from "../evaluations/cells.js";
import { named, ordered, points, sense, share, test, verdict } from "../evaluations/words.js";
import { count } from "../format.js";
import { chosen, of } from "../galleries.js";
import { tell } from "../slots.js";
import { fill, show } from "../states.js";

const BOTH = ["first", "second"];
const MOST = 12;
const NONE = { title: "Nothing to compare yet.", detail: "Tick two evaluations in the list, and see them side by side.", actions: [{ label: "All evaluations", href: link("/evaluations") }] };
let gallery = null;
let found = null;
let reports = [];

const to = (path, asked) => link(path, { gallery, first: null, second: null, route: null, ...asked });

async function open() {
  gallery = await chosen();
  const ids = BOTH.map((each) => parameters().get(each));
  if (!ids.every(Boolean)) return show(at("content"), "empty", NONE);
  found = await ask(of(gallery, "evaluations", "compare"), { query: { first: ids[0], second: ids[1] } });
  reports = await Promise.all(ids.map(async (id) => (await ask(of(gallery, "evaluations", id))).report));
  at("content").replaceChildren(at("report").content.cloneNode(true));
  BOTH.forEach((each) => (at(each).href = to(`/evaluations/${found[each].id}`)));
  at("turn").href = to("/evaluations/compare", { first: ids[1], second: ids[0] });
  put(at("channels"), Object.entries(found.classification ?? {}).reverse().map(channel));
  const { retrieval } = found;
  const wanted = parameters().get("route");
  const route = wanted in retrieval ? wanted : ordered(retrieval)[0];
  put(at("routes"), ordered(retrieval).map((each) => row(each, retrieval[each], each === route)));
  choose(route);
}

function choose(route) {
  const { classification, bundles } = found;
  const curves = reports.map((each) => each.retrieval[route].curve);
  const [first, second] = BOTH.map((each, i) => `${found[each].id}: ${bundles[i]}, generation ${found[each].generation}`);
  rewrite({ route });
  tell(at("content"), { first, second, route: named(route), summary: summary(), clips: count(found.clips, "clip"), curves: curves.every(Boolean), classification, differing: differing(route) });
  const read = (i) => `With ${10 * i} % found, ${share(curves[1][i])} of the hits are right by the second, ${share(curves[0][i])} by the first.`;
  if (curves.every(Boolean)) lines(at("curves"), curves.map((each, i) => ({ points: each.map((value, j) => [j / 10, value]), kind: BOTH[i] })).reverse(), read, 5);
}

function summary() {
  const senses = Object.values(found.retrieval).map(({ paired }) => sense(paired));
  if (!senses.some(Boolean)) return "The two cannot be told apart in any search.";
  const said = [[1, "better"], [-1, "worse"], [0, "not to be told apart"]].map(([each, word]) => [word, senses.filter((one) => one === each).length]);
  return `The second is ${said.filter(([, n]) => n).map(([word, n]) => `${word} in ${n}`).join(", ")} of ${count(senses.length, "search", "searches")}.`;
}

function row(route, { by_sample: by, intervals, paired }, checked) {
  const told = make("td", { class: `verdict ${["worse", "", "better"][sense(paired) + 1]}` }, make("b", { text: verdict(paired) }), paired && make("small", { text: test(paired) }));
  return choice("route", named(route), checked, () => choose(route), drawn(...BOTH.map((kind) => ({ at: by[kind], interval: intervals[kind], kind }))), ...BOTH.map((each) => mean(by[each], intervals[each])), told);
}

/** The classes that differ most by a route, as bars to either side; gives how many there are. */
function differing(route) {
  const [first, second] = reports.map(({ retrieval }) => retrieval[route].classes);
  const all = Object.keys(first).map((name) => [name, second[name] - first[name]]).filter(([, difference]) => difference);
  const most = all.sort((a, b) => Math.abs(b[1]) - Math.abs(a[1])).slice(0, MOST);
  const bar = ([name, difference]) => {
    const part = Math.abs(difference / most[0][1]);
    return make("li", {}, make("a", { href: to("/", { text: name, to: route.split("->")[1] }), text: name }), make("i", { class: difference < 0 && "worse", style: { "--part": part } }), make("b", { text: points(difference) }));
  };
  at("differing").replaceChildren(...most.map(bar));
  return most.length;
}

const channel = ([name, each]) =>
  make("tr", {}, make("th", { scope: "row", text: CHANNELS[name] }), ...ACCURACIES.map((one) => figure(each[one].second, each[one].difference && `${points(each[one].difference)} from ${share(each[one].first)}`)));

fill(at("content"), open, "chart");
