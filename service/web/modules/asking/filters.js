/** Which clips may be found: a panel to say so in, and what it says as chips that can be removed. */

import { at, template } from "../dom.js";
import { complete, fitting } from "./completion.js";

const DAYS = { added_from: "Added since", added_to: "Added until" };
let filters = {};
let known = null;
let onChange = null;

/** Take filters as they are said; `labels`, and `fields` of the metadata, complete them; `ways.onChange` gets all of them anew. */
export function start({ labels, fields, ...ways }) {
  onChange = ways.onChange;
  const label = (value) => add("filter-label", () => change({ label: [...new Set([...filters.label, value])] }));
  complete(at("filter-label"), at("filter-labels"), { offered: (typed) => fitting(labels(), typed), onPick: label });
  complete(at("filter-field"), at("filter-fields"), { offered: (typed) => fitting(known ?? [], typed), onPick: () => at("filter-value").focus() });
  for (const day of Object.keys(DAYS)) at(day).addEventListener("change", ({ target }) => change({ [day]: target.value }));
  at("once").addEventListener("change", ({ target }) => change({ by: target.checked ? "clip" : null }));
  at("add-condition").addEventListener("click", condition);
  at("filters").addEventListener("keydown", (event) => enter(event, label));
  at("show-filters").addEventListener("click", () => unfold(at("filters").hidden, fields));
}

const change = (changed) => onChange({ ...filters, ...changed });

/** Show the filters of a search: those that hold as chips, how many there are beside the way to the panel. */
export function show(found) {
  filters = found;
  for (const day of Object.keys(DAYS)) at(day).value = found[day] ?? "";
  at("once").checked = found.by === "clip";
  const all = chips(found);
  at("chosen-filters").replaceChildren(...all);
  at("chosen-filters").hidden = !all.length;
  at("filter-count").textContent = all.length || "";
}

async function unfold(shown, fields) {
  at("filters").hidden = !shown;
  at("show-filters").setAttribute("aria-expanded", String(shown));
  if (shown) at("filter-label").focus();
  if (shown) known ??= (await fields().catch(() => [])).map((value) => ({ value }));
}

/** Enter in a field of the panel adds what it says; it does not search. */
function enter(event, label) {
  if (event.key !== "Enter" || event.defaultPrevented || event.target.matches("button")) return;
  event.preventDefault();
  if (event.target.id === "filter-label" && event.target.value.trim()) label(event.target.value.trim());
  if (["filter-field", "filter-value"].includes(event.target.id)) condition();
}

function add(id, then) {
  at(id).value = "";
  then();
  at(id).focus();
}

function condition() {
  const path = at("filter-field").value.trim().split(".").filter(Boolean);
  const is = at("filter-is").value;
  const written = at("filter-value").value.trim();
  if (!path.length || (!written && is !== "exists")) return at(path.length ? "filter-value" : "filter-field").focus();
  const value = is === "exists" ? written !== "false" : is === "in" ? written.split(",").map((each) => plain(each.trim())) : plain(written);
  at("filter-value").value = "";
  add("filter-field", () => change({ where: [...filters.where, { path, is, value }] }));
}

/** What is written as true, false or a number is that; in quotation marks it is text all the same. */
function plain(written) {
  if (["true", "false"].includes(written)) return written === "true";
  if (written && Number.isFinite(Number(written))) return Number(written);
  return written.replace(/^"(.*)"$/, "$1");
}

function chips({ label, where, by, ...days }) {
  const without = (list, gone) => list.filter((each) => each !== gone);
  return [
    ...label.map((each) => chip(each, () => ({ label: without(label, each) }))),
    ...Object.keys(DAYS).filter((day) => days[day]).map((day) => chip(`${DAYS[day]} ${dated(days[day])}`, () => ({ [day]: null }))),
    ...where.map((each) => chip(said(each), () => ({ where: without(where, each) }))),
    ...(by === "clip" ? [chip("Each clip once", () => ({ by: null }))] : []),
  ];
}

const dated = (day) => new Date(`${day}T00:00`).toLocaleDateString("en-GB", { dateStyle: "medium" });

const said = ({ path = [], is, value }) => `${path.join(".")} ${[...at("filter-is")].find((each) => each.value === is)?.text ?? is} ${[value].flat().join(", ")}`;

function chip(words, changed) {
  const found = template("chip");
  found.querySelector("input").remove();
  found.querySelector("strong").textContent = words;
  const away = found.querySelector("button");
  away.setAttribute("aria-label", `Remove ${words}`);
  away.addEventListener("click", () => {
    change(changed());
    at("show-filters").focus();
  });
  return found;
}
