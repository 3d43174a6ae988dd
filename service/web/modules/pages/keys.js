/** Keys: who may ask, since when, and until when; made here, shown once, revoked. */

import { ask } from "../api.js";
import { asked } from "../dialogs.js";
import { at, make, template } from "../dom.js";
import { ago, count, moment } from "../format.js";
import * as galleries from "../galleries.js";
import { session } from "../key.js";
import { rights, tell } from "../slots.js";
import { fill, show } from "../states.js";

const DAY_MS = 86_400_000;
let own = "";

async function open() {
  const [{ keys }, who] = await Promise.all([ask("/v1/keys"), session()]);
  own = who.name;
  tell(at("head"), { ...rights(who), open: !own });
  if (!keys.length) return show(at("content"), "empty", NONE);
  const gone = keys.filter(({ counts }) => !counts);
  at("content").replaceChildren(template("lists"));
  tell(at("content"), { past: gone.length && count(gone.length, "key") });
  at("valid").append(...keys.filter(({ counts }) => counts).map(row));
  at("gone").append(...gone.map(row));
}

const NONE = { title: "No key yet.", detail: "Make one for each person and each program: each can then be given less, and taken back alone.", actions: [{ label: "Make a key", run: create }] };

function row(key) {
  const item = template("row");
  const [ends, end] = key.revoked_at ? ["Revoked", key.revoked_at] : ["Expires", key.expires_at];
  tell(item, { ...key, ends, begins: `${key.hint}…`, where: key.galleries?.join(", ") ?? "all galleries", used: key.used_at ? ago(key.used_at) : "never", made: moment(key.made_at), end: end ? moment(end) : "never" });
  item.querySelector(".badges").append(key.name === own ? make("span", { class: "badge good", text: "yours" }) : "", ...key.scopes.map((text) => make("span", { class: text === "admin" ? "badge sight" : "badge", text })));
  item.querySelector("button").addEventListener("click", () => revoke(key));
  return item;
}

async function create() {
  const names = await galleries.names();
  const choice = (name) => make("label", {}, make("input", { type: "checkbox", name: "galleries", value: name }), make("span", { text: name }));
  at("create-galleries").replaceChildren(...names.map(choice));
  const made = await asked("create", { some: names.length }, ({ days }) => ask("/v1/keys", { json: wanted(new FormData(days.form)) }));
  if (made) tellOnce(made);
}

function wanted(form) {
  const [chosen, days] = [form.getAll("galleries"), form.get("days")];
  const expires_at = days ? new Date(Date.now() + days * DAY_MS).toISOString() : null;
  return { name: form.get("name"), scopes: form.getAll("scopes"), galleries: chosen.length ? chosen : null, expires_at };
}

function tellOnce({ name, key }) {
  tell(at("made"), { name, copied: "" });
  at("made-key").value = key;
  at("made").showModal();
  at("copy").focus();
}

async function copy() {
  at("made-key").select();
  const isCopied = await navigator.clipboard.writeText(at("made-key").value).then(() => true, () => document.execCommand("copy"));
  tell(at("made"), { copied: isCopied ? "Copied." : "Not copied: press Ctrl+C." });
}

function forget() {
  at("made-key").value = "";
  fill(at("content"), open);
}

async function revoke({ name }) {
  const isDone = await asked("revoke", { name, own: name === own }, () => ask(`/v1/keys/${name}`, { method: "DELETE" }).then(() => true));
  if (isDone) fill(at("content"), open).then(() => at("new").focus());
}

at("new").addEventListener("click", create);
at("copy").addEventListener("click", copy);
at("made").addEventListener("cancel", (event) => event.preventDefault());
at("made").addEventListener("close", forget);
fill(at("content"), open);
