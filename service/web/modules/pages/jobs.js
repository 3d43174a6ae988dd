/** Jobs: what goes on first, live; or one, by its own address. */

import { parameters, write } from "../address.js";
import { ask } from "../api.js";
import { at } from "../dom.js";
import { card, follow, isLive } from "../jobs/card.js";
import { session } from "../key.js";
import { rights } from "../slots.js";
import { fill } from "../states.js";

const FOLLOWED = 3; // a browser keeps few connections to a service
const filters = at("filters").elements;
const list = at("jobs");
const cards = new Map();
const followed = new Set();
let next = null;
let known = null;

const page = (query) => ask("/v1/jobs", { query: { state: filters.state.value, kind: filters.kind.value, limit: 30, ...query } });

/** The first page, and before it all that goes on or waits. */
async function newest() {
  const live = filters.state.value ? [] : ["running", "queued"].map((state) => page({ state }));
  const pages = await Promise.all([...live, page()]);
  const jobs = pages.flatMap((each) => each.jobs).sort((a, b) => rank(a) - rank(b));
  return { jobs, next: pages.at(-1).next };
}

const rank = ({ state }) => (state === "running" ? 0 : state === "queued" ? 1 : 2);

async function open() {
  const wanted = location.search;
  const one = parameters().get("job");
  known ??= { ...rights(await session()), alone: one };
  const found = one ? { jobs: [await ask(`/v1/jobs/${encodeURIComponent(one)}`)] } : await newest();
  if (location.search === wanted) put(found); // else others were chosen meanwhile
}

function put({ jobs, next: cursor = null }) {
  next = cursor;
  list.replaceChildren(...jobs.map(shown));
  at("content").replaceChildren(jobs.length ? list : at("none").content.cloneNode(true));
  at("more").hidden = !next;
  watch(jobs.filter(isLive));
}

function shown(job) {
  if (!cards.has(job.id)) cards.set(job.id, card(job, known, open));
  cards.get(job.id).tell(job);
  return cards.get(job.id);
}

function watch(jobs) {
  for (const { id } of jobs) {
    if (followed.size >= FOLLOWED || followed.has(id)) continue;
    followed.add(id);
    follow(cards.get(id), id).then((job) => job && ended(id), () => {}).finally(() => followed.delete(id));
  }
}

function ended(id) {
  followed.delete(id);
  open();
}

function begin() {
  for (const name of ["state", "kind"]) filters[name].value = parameters().get(name) ?? "";
  at("filters").hidden = parameters().has("job");
  at("back").hidden = !parameters().has("job");
  fill(at("content"), open);
}

async function more() {
  const wanted = location.search;
  const found = await page({ cursor: next });
  if (location.search !== wanted) return;
  next = found.next;
  list.append(...found.jobs.filter(({ id }) => !list.contains(cards.get(id))).map(shown));
  at("more").hidden = !next;
}

at("filters").addEventListener("change", ({ target: { name, value } }) => begin(write({ [name]: value })));
at("more").addEventListener("click", more);
addEventListener("popstate", begin);
document.addEventListener("visibilitychange", () => document.hidden || open().catch(() => {}));
begin();
