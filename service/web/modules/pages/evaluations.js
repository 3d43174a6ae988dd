/** All evaluations of a gallery by one route, and a new one, live. */

import { link, parameters, rewrite } from "../address.js";
import { ask } from "../api.js";
import { asked } from "../dialogs.js";
import { at, make } from "../dom.js";
import { drawn, figure, mean, put } from "../evaluations/cells.js";
import { named, ordered } from "../evaluations/words.js";
import { ago, count } from "../format.js";
import { chosen, of } from "../galleries.js";
import { card, follow } from "../jobs/card.js";
import { session } from "../key.js";
import { rights, tell } from "../slots.js";
import { fill } from "../states.js";

let gallery = null;
let known = null;
let ticked = [];

async function open() {
  gallery = await chosen();
  known ??= { ...rights(await session()), gallery };
  at("begin").hidden = !known.admin || !gallery;
  const evaluations = gallery ? (await ask(of(gallery, "evaluations"))).evaluations : [];
  at("content").replaceChildren(at(evaluations.length ? "runs" : "none").content.cloneNode(true));
  tell(at("content"), known);
  if (evaluations.length) list(evaluations.reverse());
}

function list(evaluations) {
  const route = at("route");
  route.append(...ordered(Object.assign({}, ...evaluations.map(({ retrieval }) => retrieval))).map((each) => new Option(named(each), each)));
  const show = () => put(at("rows"), evaluations.map((each) => row(each, route.value)));
  const wanted = parameters().get("route");
  if ([...route.options].some(({ value }) => value === wanted)) route.value = wanted;
  route.onchange = () => show(rewrite({ route: route.value }));
  at("compare").hidden = evaluations.length < 2;
  at("compare").onclick = () => location.assign(link("/evaluations/compare", { gallery, first: Math.min(...ticked), second: Math.max(...ticked), route: route.value }));
  show();
}

function row({ id, generation, bundle, clips, made_at: made, retrieval }, route) {
  const { by_class: { seen, unseen } = {}, by_sample: middle = null, interval } = retrieval[route] ?? {};
  const box = make("input", { type: "checkbox", value: id, "aria-label": `Compare evaluation ${id}`, checked: ticked.includes(id), on: { change: tick } });
  return make(
    "tr",
    {},
    make("td", {}, make("label", {}, box)),
    make("th", { scope: "row" }, make("a", { href: link(`/evaluations/${id}`, { gallery, route }), text: `Evaluation ${id}` }), make("small", { text: ago(made) })),
    make("td", {}, bundle, make("small", { text: `generation ${generation} · ${count(clips, "clip")}` })),
    drawn({ at: middle, interval, ticks: { seen, unseen } }),
    mean(middle, interval),
    figure(seen),
    figure(unseen),
  );
}

/** Two at most: a third takes the place of the first. */
function tick({ target: { value, checked } }) {
  ticked = [...ticked.filter((id) => id !== Number(value)), ...(checked ? [Number(value)] : [])].slice(-2);
  for (const each of at("rows").querySelectorAll("input")) each.checked = ticked.includes(Number(each.value));
  at("compare").disabled = ticked.length < 2;
}

async function begin() {
  const { generations } = await ask(of(gallery, "generations"));
  for (const each of at("new").querySelectorAll("select")) each.replaceChildren(each.options[0], ...generations.map(({ number, bundle }) => new Option(`${number}: ${bundle}`, number)));
  await asked("new", {}, async ({ generation, compare_to: other, map }) => {
    const json = { generation: Number(generation.value) || null, compare_to: Number(other.value) || null, map: map.checked };
    watch(await ask(of(gallery, "evaluations"), { json }));
  });
}

/** A job until it ends; its evaluation is then in the list. */
async function watch(job) {
  const item = card(job, known);
  at("going").prepend(item);
  const last = await follow(item, job.id);
  if (last?.state === "done") await open(item.remove());
}

async function going() {
  if (!known?.ingest || !gallery) return;
  const pages = ["running", "queued"].map((state) => ask("/v1/jobs", { query: { kind: "evaluate", gallery, state, limit: 2 } }));
  for (const { jobs } of await Promise.all(pages)) jobs.forEach(watch);
}

document.addEventListener("click", ({ target }) => target.closest("[data-begin]") && begin());
fill(at("content"), open).then(going);
