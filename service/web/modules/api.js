/** The service's answers, and its refusals as errors that a person can read. Who has no key is asked for one. */

import { signIn } from "./key.js";
import { Refusal, refusalOf, unreachable } from "./refusal.js";

export { Refusal };

/** The address of a request: `url("/v1/search", {k: 3})`; lists become parameters that are there several times. */
export function url(path, query = {}) {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const each of [value].flat()) if (each !== null && each !== undefined && each !== "") asked.append(name, each);
  }
  return asked.size ? `${path}?${asked}` : path;
}

/** What the service answers, read; null where it answers nothing. Throws Refusal, or an AbortError of `signal`. */
export async function ask(path, asked) {
  return (await tagged(path, asked)).answer;
}

/** The same beside its ETag: named in If-Match, a change is made of what was seen, or not at all. */
export async function tagged(path, { query, signal, ...sent } = {}) {
  const answer = await fetched(url(path, query), { ...request(sent), signal });
  return { answer: answer.status === 204 ? null : await answer.json(), tag: answer.headers.get("etag") };
}

/** Tell of each event {kind, id, content} of a stream until it ends; where it breaks, it goes on from the last one. */
export async function stream(path, onEvent, signal) {
  let last = null;
  for (;;) {
    const headers = { Accept: "text/event-stream", ...(last && { "Last-Event-ID": last }) };
    const answer = await fetched(path, { headers, signal });
    const told = (event) => onEvent(event, (last = event.id ?? last));
    if (await followed(answer.body, told, signal)) return;
    await new Promise((done) => setTimeout(done, AGAIN_MS));
  }
}

const AGAIN_MS = 1500;

/** Send a form, telling how far it is (0 to 1) on the way; answers as `ask`. */
export async function upload(path, form, { onProgress, onStatus, signal, query } = {}) {
  const sent = await posted(url(path, query), form, { onProgress, signal });
  onStatus?.(sent.status);
  if (sent.status !== 401) return read(sent);
  await signIn();
  return read(await posted(url(path, query), form, { onProgress, signal }));
}

/** A form of fields: lists are several of one name, what is empty stays out. */
export function form(fields) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    for (const each of [value].flat()) if (each || each === 0) body.append(name, each);
  }
  return body;
}

function request({ json, form: fields, method = json || fields ? "POST" : "GET", headers = {} }) {
  if (fields) return { method, headers, body: fields instanceof FormData ? fields : form(fields) };
  if (json === undefined) return { method, headers };
  return { method, headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(json) };
}

async function fetched(address, options) {
  const answer = await reached(address, options);
  if (answer.ok) return answer;
  if (answer.status !== 401) throw await refusalOf(answer);
  await signIn();
  const again = await reached(address, options);
  if (again.ok) return again;
  throw await refusalOf(again);
}

const reached = (address, options) =>
  fetch(address, options).catch((error) => {
    throw error.name === "AbortError" ? error : unreachable();
  });

/** Whether a stream came to its end, and not to that of a connection. */
async function followed(body, onEvent, signal) {
  const lines = body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  try {
    for (let next = await lines.read(); !next.done; next = await lines.read()) {
      const events = (held + next.value).replaceAll("\r", "").split("\n\n");
      held = events.pop();
      events.map(event).forEach((each) => each && onEvent(each));
    }
    return true;
  } catch (error) {
    if (signal?.aborted) throw error;
    return false;
  }
}

function event(text) {
  const fields = text.split("\n").map((line) => /^(\w+): ?(.*)$/.exec(line)).filter(Boolean);
  const of = (name) => fields.filter((each) => each[1] === name).map((each) => each[2]);
  const content = of("data").join("\n");
  return content ? { kind: of("event")[0] ?? "message", id: of("id")[0], content: JSON.parse(content) } : null;
}

function posted(address, body, { onProgress, signal }) {
  const going = new XMLHttpRequest();
  going.open("POST", address);
  going.upload.addEventListener("progress", ({ loaded, total }) => onProgress?.(total ? loaded / total : 0));
  signal?.addEventListener("abort", () => going.abort());
  return new Promise((done, fail) => {
    going.addEventListener("load", () => done(going));
    going.addEventListener("error", () => fail(unreachable()));
    going.addEventListener("abort", () => fail(new DOMException("given up", "AbortError")));
    going.send(body);
  });
}

async function read({ status, responseText }) {
  const answer = new Response(status === 204 ? null : responseText, { status, headers: { "Content-Type": "application/json" } });
  if (!answer.ok) throw await refusalOf(answer);
  return status === 204 ? null : answer.json();
}
