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
export async function open(item, asking) {
  const { again, search, scale } = asking;
  const go = (sibling) => {
    if (!item[sibling]) return;
    dialog.close();
    item[sibling].querySelector(".play").focus();
    open(item[sibling], asking);
  };
  stop();
  await (styled ??= style());
  const body = make("div", { class: "body", tabindex: "-1" });
  const dialog = make("dialog", { class: "why", "aria-labelledby": "why-title", closedby: "any" }, head(item, go), body, foot(item));
  const leaving = new AbortController();
  dialog.addEventListener("close", () => left(dialog, leaving));
  dialog.addEventListener("click", ({ target }) => target.closest("[data-way]") && way(item, dialog, target.closest("[data-way]").dataset.way));
  dialog.addEventListener("keydown", ({ key }) => BESIDE[key] && go(BESIDE[key][0]));
  document.body.append(dialog);
  dialog.showModal();
  await fill(body, async () => body.replaceChildren(...(await told(item, { again, search, scale, signal: leaving.signal }))), "text");
}

async function told(item, { again, search, scale, signal }) {
  const hit = await explained(item.hit, again, signal);
  const why = hit.explanation ?? {};
  const sides = make("div", { class: "sides" }, asked(search, why, { item, signal }), found(item));
  return [sides, sure(hit, why, scale), parts(why), attention(why), words(why, search), await line(hit, signal)].filter(Boolean);
}

/** The same search among this clip alone says why; of an upload it sends the clip again, as all that is told is of it. */
async function explained(hit, again, signal) {
  if (hit.explanation) return hit;
  const { hits } = await again({ among: [hit.clip.id], by: "window", k: 50, explain: true, pages: false }, signal);
  return hits.find(({ window_id: id }) => id === hit.window_id) ?? hits[0] ?? hit;
}

/** Keys, the side that they go to, how that is called, and its sign. */
const BESIDE = { ArrowLeft: ["previousElementSibling", "The result before", "back"], ArrowRight: ["nextElementSibling", "The next result", "onwards"] };

function head(item, go) {
  const { label, hit } = item;
  const ways = Object.values(BESIDE).map(([sibling, name, icon]) => make("button", { class: "quiet", type: "button", "aria-label": name, title: name, disabled: !item[sibling], on: { click: () => go(sibling) } }, sign(icon)));
  const close = make("form", { method: "dialog" }, ways, make("button", { class: "quiet", "aria-label": "Close" }, sign("close")));
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
