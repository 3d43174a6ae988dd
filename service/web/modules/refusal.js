/** What the service refused, or why it was not reached, in words of its own. */

import { sentence } from "./format.js";

export class Refusal extends Error {
  /** @param {{title: string, type?: string, detail?: string, status: number}} problem a problem document (RFC 9457) */
  constructor(problem, retryAfter_s = null) {
    super(sentence(problem.detail ?? ""));
    this.problem = problem;
    this.title = problem.title;
    this.kind = problem.type;
    this.status = problem.status;
    this.retryAfter_s = retryAfter_s;
  }

  /** All of it, in a line. */
  get said() {
    return `${this.title} ${this.message}`;
  }

  /** Which of the states shows it: see states.js. */
  get state() {
    if (this.status === 0) return "offline";
    return this.status === 401 || this.status === 403 ? "forbidden" : "error";
  }
}

export const unreachable = () => new Refusal({ title: "The service cannot be reached.", detail: "Is it still running?", status: 0 });

export async function refusalOf(answer) {
  const wait = answer.headers.get("retry-after");
  return new Refusal(await problem(answer), wait === null ? null : Number(wait));
}

async function problem(answer) {
  const said = answer.headers.get("content-type") ?? "";
  const { status } = answer;
  const unread = { title: "The service could not answer.", detail: `It said ${status}.`, status };
  return said.includes("json") ? answer.json().catch(() => unread) : unread;
}
