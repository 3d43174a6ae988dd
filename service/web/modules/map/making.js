/** A map being drawn by a job, told as it goes. */

import { link } from "../address.js";
import { ask, stream } from "../api.js";
import { template } from "../dom.js";
import { sentence } from "../format.js";
import { of } from "../galleries.js";
import { failed, renew, show } from "../states.js";

/** Ask for the job, and follow it; `done` when there is a map. */
export async function draw(place, name, done) {
  begun(place);
  try {
    follow(place, await ask(of(name, "evaluations"), { json: { map: true } }), done);
  } catch (error) {
    failed(place, error, () => draw(place, name, done));
  }
}

/** Follow the job that draws already, if one does. */
export async function going(place, name, done) {
  const { jobs } = await ask("/v1/jobs", { query: { gallery: name, kind: "evaluate", limit: 20 } });
  const found = jobs.find(({ state, request }) => request.map && (state === "queued" || state === "running"));
  if (found) follow(place, found, done);
  return Boolean(found);
}

function begun(place) {
  const card = template("making");
  place.setAttribute("aria-busy", "false");
  renew(place, card);
  return card;
}

function follow(place, job, done) {
  const card = begun(place);
  const more = card.querySelector("a");
  more.href = link("/jobs", { job: job.id });
  more.hidden = false;
  let last = job;
  tell(card, job);
  stream(`/v1/jobs/${job.id}/events`, ({ content }) => tell(card, (last = content)))
    .then(() => ended(place, last, done))
    .catch((error) => failed(place, error, () => follow(place, last, done)));
}

function ended(place, { state, failure }, done) {
  if (state === "done") return done();
  const title = state === "cancelled" ? "Drawing the map was cancelled." : "The map could not be drawn.";
  show(place, "error", { title, detail: sentence(failure ?? ""), actions: [{ label: "Try again", run: done }] });
}

function tell(card, { state, progress: { done, total, item } }) {
  const within = Number(/(\d+)%/.exec(item)?.[1] ?? 0) / 100;
  const part = total ? (done + within) / total : 0;
  card.querySelector("p").textContent = state === "queued" ? "Waiting for its turn…" : doing(item);
  card.querySelector("i").style.setProperty("--part", part);
  card.querySelector(".bar").setAttribute("aria-valuenow", Math.round(100 * part));
}

function doing(item) {
  if (!item) return "Looking at the clips…";
  if (item.startsWith("map")) return `Placing what is alike near each other… ${item.slice(4).trim()}`;
  return `Measuring how well it finds: ${item.replace("->", " → ")}…`;
}
