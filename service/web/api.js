/** The service's answers, and its refusals as errors that a person can read. */

export class Refusal extends Error {
  /** @param {{title: string, type?: string, detail?: string, status: number}} problem a problem document (RFC 9457) */
  constructor(problem) {
    super(problem.detail ?? "");
    this.title = problem.title;
    this.kind = problem.type;
    this.status = problem.status;
  }
}

export const galleries = () => ask("/v1/galleries");

export const gallery = (name) => ask(`/v1/galleries/${encodeURIComponent(name)}`);

/** Where a clip is as something to look at: its `preview`, `thumbnail` or `waveform`. */
export const view = ({ media }, what) => media.replace(/media$/, what);

const K = 20;

export const searchByWords = (name, { text, to, k = K }, signal) =>
  ask(`/v1/galleries/${encodeURIComponent(name)}/search?${new URLSearchParams({ text, to, k })}`, { signal });

export const searchByClip = (name, { file, from, to }, signal) =>
  ask(`/v1/galleries/${encodeURIComponent(name)}/search`, { method: "POST", body: form({ file, from, to, k: K }), signal });

export const classify = (name, { file, classes }, signal) =>
  ask("/v1/classify", { method: "POST", body: form({ file, gallery: name, classes, k: 5 }), signal });

function form(fields) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    for (const each of [value].flat()) if (each) body.append(name, each);
  }
  return body;
}

async function ask(address, options) {
  const answer = await fetch(address, options).catch((error) => {
    if (error.name === "AbortError") throw error;
    throw new Refusal({ title: "The service cannot be reached.", detail: "Is it still running?", status: 0 });
  });
  if (answer.ok) return answer.json();
  throw new Refusal(await problem(answer));
}

async function problem(answer) {
  const said = answer.headers.get("content-type") ?? "";
  if (said.includes("json")) return answer.json();
  return { title: "The service could not answer.", detail: `It said ${answer.status}.`, status: answer.status };
}
