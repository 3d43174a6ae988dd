/** Why a result was found: both sides to see and hear, how sure that is, and what it is made of. */

import { make, sign } from "../dom.js";
import { span } from "../format.js";
import { stop } from "../player.js";
import { fill } from "../states.js";
import { attention, line, parts, sure, words } from "./reasons.js";
import { asked, found } from "./sides.js";

const STYLE = new URL("../../style/why.css", import.meta.url).pathname;
let styled = null;

/** Open it for a card; `again` explains its result where the answer did not. */
export async function open(item, { again, search, scale }) {
  stop();
  await (styled ??= style());
  const body = make("div", { class: "body", tabindex: "-1" });
  const dialog = make("dialog", { class: "why", "aria-labelledby": "why-title", closedby: "any" }, head(item), body, foot(item));
  const leaving = new AbortController();
  dialog.addEventListener("close", () => left(dialog, leaving));
  dialog.addEventListener("click", ({ target }) => target.closest("[data-way]") && way(item, dialog, target.closest("[data-way]").dataset.way));
  document.body.append(dialog);
  dialog.showModal();
  await fill(body, async () => body.replaceChildren(...(await told(item, { again, search, scale, signal: leaving.signal }))), "text");
}

async function told(item, { again, search, scale, signal }) {
  const hit = await explained(item.hit, again, signal);
  const why = hit.explanation ?? {};
  const sides = make("div", { class: "sides" }, asked(search, why, item), found(item));
  return [sides, sure(hit, why, scale), parts(why), attention(why), words(why, search), await line(hit, signal)].filter(Boolean);
}

/** The same search among this clip alone says why; of an upload it sends the clip again. */
async function explained(hit, again, signal) {
  if (hit.explanation) return hit;
  const { hits } = await again({ among: [hit.clip.id], by: "window", k: 50, explain: true, pages: false }, signal);
  return hits.find(({ window_id: id }) => id === hit.window_id) ?? hits[0] ?? hit;
}

function head({ label, hit }) {
  const close = make("form", { method: "dialog" }, make("button", { class: "quiet", "aria-label": "Close" }, sign("close")));
  const title = make("div", {}, make("h2", { id: "why-title", text: label }), make("p", { text: `${span(hit.window)} of ${hit.clip.name}` }));
  return make("header", {}, title, close);
}

/** What the card offers, here with words. */
function foot(item) {
  const ways = [...item.querySelectorAll("[data-way]:not([hidden])")].filter(({ dataset }) => dataset.way !== "why");
  return make("footer", { class: "actions" }, ways.map((each) => {
    const held = [each.querySelector(".sign").cloneNode(true), each.title];
    return each.href ? make("a", { class: "quiet", href: each.href, target: "_blank" }, held) : make("button", { class: "quiet", type: "button", "data-way": each.dataset.way }, held);
  }));
}

function way(item, dialog, name) {
  dialog.close();
  item.dispatchEvent(new CustomEvent(name, { bubbles: true, detail: item.detail }));
}

function left(dialog, leaving) {
  leaving.abort();
  stop();
  dialog.remove();
}

function style() {
  const sheet = make("link", { rel: "stylesheet", href: STYLE });
  document.head.append(sheet);
  return new Promise((done) => ["load", "error"].forEach((each) => sheet.addEventListener(each, done)));
}
