/** A job as a card, live, and what can be done about it. */

import { link } from "../address.js";
import { ask, stream } from "../api.js";
import { asked } from "../dialogs.js";
import { at, make, template } from "../dom.js";
import { ago, arrows, moment, number, seconds, sentence } from "../format.js";
import { tell } from "../slots.js";

export const isLive = ({ state }) => state === "queued" || state === "running";

/** `known` are facts besides: the rights of who asks, and whether the job is `alone`. */
export function card(job, known, onAct = () => {}) {
  const item = template("job");
  const act = async (how) => onAct(item.tell(await ask(`/v1/jobs/${job.id}/${how}`, { method: "POST" })));
  const says = (error) => tell(item, { ...facts(job, known), wrong: error.said });
  item.tell = (next) => told(item, (job = next), known);
  item.addEventListener("click", ({ target }) => {
    const how = target.closest("[data-act]")?.dataset.act;
    if (how === "cancel" && job.state === "running" && job.kind !== "ingest") asked("cancel-job", {}, () => act(how));
    else if (how) act(how).catch(says);
  });
  item.tell(job);
  return item;
}

/** The job as it ended, told until then; its end is said aloud. */
export async function follow(item, id, signal) {
  let last = null;
  await stream(`/v1/jobs/${id}/events`, ({ content }) => (last = item.tell(content)), signal);
  at("said").textContent = [...item.querySelectorAll("h2, .badge:not([hidden])")].map((each) => each.innerText).join(": ");
  return last;
}

function told(item, job, known) {
  tell(item, facts(job, known));
  item.classList.toggle("live", job.state === "running");
  item.querySelector("h2 a").href = link("/jobs", { job: job.id });
  item.querySelector(".made").href = place(job);
  fillBar(item.querySelector(".bar"), job.progress);
  const errors = item.querySelector("ol");
  if (errors.children.length !== job.errors.length)
    errors.replaceChildren(...job.errors.map(({ item: name, detail }) => make("li", {}, make("b", { text: name }), ` ${sentence(detail)}`)));
  return job;
}

function facts(job, known) {
  const { progress, kind, state, request } = job;
  return {
    ...known,
    ...job.result,
    ...progress,
    ...job,
    [`is-${kind}`]: true,
    [`is-${state}`]: true,
    with: kind === "reindex" && request.bundle,
    live: isLive(job),
    again: state === "failed" || state === "cancelled" || (state === "done" && job.error_count),
    may: kind === "ingest" ? known.ingest : known.admin,
    cut: job.error_count > job.errors.length,
    pace: joined(progress.rate && `${number(progress.rate)} a second`, progress.time_left_s !== null && `${seconds(progress.time_left_s)} left`),
    stage: joined(arrows(progress.item), progress.reached_s && `${seconds(progress.reached_s)} in`),
    failure: arrows(sentence(job.failure)) ?? "",
    wrong: "",
    when: when(job),
    made: moment(job.made_at),
    began: moment(job.started_at),
    ended: moment(job.ended_at),
    asked: JSON.stringify(request, (_, each) => each ?? undefined, 1),
  };
}

const joined = (...some) => some.filter(Boolean).join(" · ");

function when({ made_at: made, started_at: started, ended_at: ended }) {
  if (!ended) return started ? `Began ${ago(started)}` : `Asked for ${ago(made)}`;
  const took = (new Date(ended) - new Date(started)) / 1000;
  return `Ended ${ago(ended)}${started && took > 0 ? `, took ${seconds(took)}` : ""}`;
}

function place({ kind, gallery, result }) {
  if (kind === "evaluate") return link(result ? `/evaluations/${result.evaluation}` : "/evaluations", { gallery, job: null });
  return link(`/galleries/${gallery}`, { gallery, view: kind === "reindex" ? "generations" : null });
}

function fillBar(bar, { done, total }) {
  bar.classList.toggle("unknown", !total);
  bar.style.setProperty("--part", total ? done / total : 1);
  if (total) bar.ariaValueNow = Math.round((100 * done) / total);
}
