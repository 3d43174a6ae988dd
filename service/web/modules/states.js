/** How a place looks while there is nothing in it yet, or nothing to be had: one look for each reason. */

import { make, sign } from "./dom.js";
import { Refusal } from "./refusal.js";

const SLOW_MS = 2000;
const SIGNS = { empty: "empty", offline: "offline", forbidden: "lock", error: "alert", slow: "clock" };
const SKELETONS = { cards: 8, rows: 6, chart: 1, text: 3 };

/** Show one of the states in a place: `empty`, `offline`, `forbidden` or `error`.
 *
 * @param {{title: string, detail?: string, actions?: {label: string, run?: () => void, href?: string}[]}} said
 */
export function show(place, kind, { title, detail = "", actions = [] }) {
  const words = [make("h2", { text: title }), detail && make("p", { text: detail })];
  const ways = actions.length && make("div", { class: "actions" }, actions.map(way));
  const role = kind === "empty" ? "status" : "alert";
  place.setAttribute("aria-busy", "false");
  renew(place, make("div", { class: `state ${kind}`, role }, sign(SIGNS[kind]), ...words.filter(Boolean), ways || null));
}

/** Put something else into a place: whoever was in it with the keyboard stays there, and does not begin at the top of the page again. */
export function renew(place, ...what) {
  if (place.contains(document.activeElement)) Object.assign(place, { tabIndex: -1 }).focus({ preventScroll: true });
  place.replaceChildren(...what);
}

/** Show that something comes, in the shape of what comes: `cards`, `rows`, `chart` or `text`; says so when it is slow. */
export function loading(place, like = "rows") {
  const ghosts = Array.from({ length: SKELETONS[like] }, () => make("i", { class: "ghost" }));
  const late = make("p", { class: "late", role: "status" });
  place.setAttribute("aria-busy", "true");
  renew(place, make("div", { class: `skeleton ${like}`, "aria-hidden": "true" }, ghosts), late);
  setTimeout(() => late.isConnected && late.replaceChildren(sign("clock"), "This takes longer than usual. It goes on."), SLOW_MS);
}

/** Show in a place why it stays empty; `again` is offered, and taken once the browser is online again. */
export function failed(place, error, again = null) {
  if (error.name === "AbortError") return;
  if (!(error instanceof Refusal)) throw error;
  const actions = again ? [{ label: error.status === 401 ? "Sign in" : "Try again", run: again }] : [];
  show(place, error.state, { title: error.title, detail: error.message, actions });
  if (error.state === "offline" && again) addEventListener("online", () => place.querySelector(".offline") && again(), { once: true });
}

/** Fill a place by `work`, which puts there what it has; until then it loads, and where that fails it says so. */
export async function fill(place, work, like = "rows") {
  loading(place, like);
  try {
    await work();
    place.setAttribute("aria-busy", "false");
  } catch (error) {
    failed(place, error, () => fill(place, work, like));
  }
}

function way({ label, run, href }) {
  return href ? make("a", { class: "quiet", href, text: label }) : make("button", { class: "quiet", type: "button", text: label, on: { click: run } });
}
