/** A gallery's generations: which answers, what was measured of each, and how another comes to answer. */

import { ask } from "../api.js";
import { asked } from "../dialogs.js";
import { at, make, template } from "../dom.js";
import { ago, arrows, percent, sentence } from "../format.js";
import { of } from "../galleries.js";
import { card, follow } from "../jobs/card.js";
import { tell } from "../slots.js";
import { fill } from "../states.js";

const WORSE = 0.02;
let known = null;
let active = null;

export function open(place, facts) {
  if (!known) begin(facts);
  return fill(at("generations"), list);
}

const says = (error) => (at("conflict").textContent = error.said ?? "");
const path = (...parts) => of(known.gallery.name, ...parts);

async function begin(facts) {
  known = facts;
  at("reindex").addEventListener("submit", (event) => reindex(json(event), event.preventDefault()).catch(says));
  const { bundles } = await ask("/v1/bundles").catch(() => ({ bundles: [] }));
  at("reindex").elements.bundle.append(...bundles.map(({ name }) => new Option(name, name, false, name === facts.gallery.bundle)));
}

async function list() {
  const { generations } = await ask(path("generations"));
  active = generations.find((each) => each.active).number;
  at("generations").replaceChildren(...generations.reverse().map(shown));
}

function shown(generation) {
  const item = template("generation");
  const { comparison, tolerance, agreement = {}, tables = {} } = generation.report;
  const facts = {
    ...known,
    ...generation,
    ...comparison,
    compared: comparison,
    forced: comparison && tolerance === null,
    building: generation.state === "building",
    older: generation.number < active,
    built: [`made ${ago(generation.made_at)}`, ...index(Object.values(tables)), ...agreed(Object.values(agreement))].join(" · "),
  };
  tell(item, facts);
  if (comparison) item.querySelector("tbody").append(...Object.keys(comparison.before).map((route) => row(route, comparison)));
  item.addEventListener("click", ({ target }) => ACTS[target.closest("[data-act]")?.dataset.act]?.(generation));
  return item;
}

/** The worst of what was measured of it, if anything was. */
const index = (tables) => (tables.length ? [`index ${[...new Set(tables.map(({ kind }) => kind))].join(", ")}, finds ${percent(Math.min(...tables.map(({ recall }) => recall)))} of the nearest`] : []);
const agreed = (parts) => (parts.length ? [`finds ${percent(Math.min(...parts))} of what the one before found`] : []);

function row(route, { before, after }) {
  const change = after[route] - before[route];
  const figures = [before[route], after[route], change].map((each) => each.toFixed(3).replace("-", "−"));
  return make("tr", {}, make("th", { scope: "row", text: arrows(route) }), figures.map((text, i) => make("td", { class: i > 1 && change < -WORSE ? "number wrong" : "number", text })));
}

const ACTS = {
  switch: ({ number: to, bundle }) => act("switch", { number: to, bundle, active }, ["POST", to, "activate"], { expected: active }),
  forget: ({ number: gone }) => act("forget", { number: gone }, ["DELETE", gone]),
};

async function act(dialog, facts, [method, ...parts], body) {
  await asked(dialog, facts, () => ask(path("generations", ...parts), { method, json: body }));
  known.changed();
}

const json = ({ target: { elements } }) => ({ bundle: elements.bundle.value, tolerance: Number(elements.tolerance.value), expected: active });

/** Live; where it would find worse, both figures are told, and then whether to switch all the same is asked. */
async function reindex(wanted) {
  says({});
  const job = await ask(path("jobs", "reindex"), { json: wanted });
  const item = card(job, known);
  at("reindexing").prepend(item);
  const ended = await follow(item, job.id);
  known.changed();
  if (/would fall from/.test(ended?.failure)) asked("force", { why: arrows(sentence(ended.failure)) }, async () => void reindex({ ...wanted, force: true }));
}
