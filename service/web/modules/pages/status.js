/** The status: asked for every few seconds while somebody looks, what is wrong first. */

import { warnings } from "../admin/warnings.js";
import { trace } from "../admin/traces.js";
import { ask, Refusal } from "../api.js";
import { at, make, sign, template } from "../dom.js";
import { bytes, count, percent, seconds, whole } from "../format.js";
import { tell } from "../slots.js";
import { fill } from "../states.js";

const EVERY_MS = 3000;
const SELDOM = 5;
const facts = { parts: [], memory: null };
let round = 0;

async function look() {
  const [status] = await Promise.all([ask("/v1/status"), ...(round++ % SELDOM ? [] : [ready(), memory()])]);
  if (!at("verdict")) at("content").replaceChildren(template("whole"));
  draw(status);
}

/** Its parts, also where it is not ready: then they come with the refusal. */
async function ready() {
  const { parts } = await ask("/readyz").catch((error) => (error instanceof Refusal && error.status === 503 ? error.problem : {}));
  facts.parts = parts ?? [];
}

async function memory() {
  const answer = await fetch("/metrics");
  facts.memory = answer.ok ? Number(/^process_resident_memory_bytes (\S+)/m.exec(await answer.text())?.[1] ?? NaN) : null;
}

function draw(status) {
  judge(warnings(status, facts.parts));
  tell(at("content"), { version: status.version, up: seconds(status.uptime_s), memory: bytes(facts.memory), disk: bytes(status.data_free_bytes), taken: Object.values(status.lanes).reduce((sum, { taken }) => sum + taken, 0) });
  for (const item of document.querySelectorAll("[data-stage]")) trace(item, status.stages);
  at("lanes").replaceChildren(...Object.entries(status.lanes).map(lane));
  if (facts.parts.length) at("parts").replaceChildren(...briefly(facts.parts).map(part));
  at("indexes").replaceChildren(...status.galleries.flatMap((each) => each.routes.map((route) => row(each, route))));
  list("jobs", Object.entries(status.jobs).map(([kind, states]) => [kind, Object.entries(states).map(([state, n]) => `${n} ${state}`).join(", ")]), "None is kept.");
  list("told", Object.entries(status.errors).map(([code, n]) => [code === "499" ? "asker left" : code, whole(n)]), "Nothing.");
}

/** It is read aloud, so it changes only where there is something new. */
function judge(found) {
  const said = found.join("\n") || "All is well.";
  if (at("verdict").dataset.said === said) return;
  at("verdict").dataset.said = said;
  at("verdict").classList.toggle("bad", found.length > 0);
  at("verdict").replaceChildren(sign(found.length ? "alert" : "check"), make("ul", {}, said.split("\n").map((text) => make("li", { text }))));
}

function lane([name, { running, at_once: most, waiting, refused }]) {
  const told = [`${running} of ${most}`, waiting && `${waiting} wait`, refused && `${whole(refused)} sent away`].filter(Boolean).join(" · ");
  return make("li", {}, make("span", { text: name }), make("b", { text: told }), make("span", { class: "bar", style: { "--part": running / most } }, make("i")));
}

/** Of the ways to search that work, how many they are is enough. */
function briefly(parts) {
  const well = parts.filter(({ name, state }) => name.startsWith("route ") && state === "ok");
  const all = { name: count(well.length, "way to search", "ways to search"), state: "ok", took_ms: well.reduce((sum, each) => sum + each.took_ms, 0) };
  return [...parts.filter((each) => !well.includes(each)), all];
}

const part = ({ name, gallery, state, took_ms: took, detail }) =>
  make("li", { class: state }, sign(state === "ok" ? "check" : "alert"), make("span", { text: [gallery, name.replace("->", " → "), detail].filter(Boolean).join(" · ") }), make("span", { class: "soft", text: `${took.toFixed(1)} ms` }));

function row({ name }, { route, kind, vectors, size_bytes: size, built_recall: built, recall }) {
  const live = recall?.samples ? `${percent(recall.value, 1)} of ${count(recall.samples, "search", "searches")}` : recall?.value === 1 ? "exact" : "–";
  const numbers = [whole(vectors), bytes(size), percent(built, 1), live];
  return make("tr", {}, make("th", { scope: "row", text: `${name} · ${route.replace("->", " → ")}` }), make("td", { text: kind }), numbers.map((text) => make("td", { class: "number", text })));
}

const list = (id, pairs, none) => at(id).replaceChildren(...(pairs.length ? pairs.map(([name, text]) => make("div", {}, make("dt", { text: name }), make("dd", { text }))) : [make("div", {}, make("dt", { text: none }))]));

const seen = () => new Promise((done) => (document.hidden ? document.addEventListener("visibilitychange", done, { once: true }) : done()));

async function watch() {
  for (;;) {
    await new Promise((done) => setTimeout(done, EVERY_MS));
    await seen();
    await look().catch(missed);
  }
}

function missed(error) {
  if (!(error instanceof Refusal)) throw error;
  if (at("verdict")) judge([`${error.title} What is below is as it was.`]);
}

fill(at("content"), look, "cards").then(watch);
