/** Which clips may be found: a panel to say so in, and what it says as chips that can be removed. */

import { at, template } from "../dom.js";
import { number, percent } from "../format.js";
import { complete, fitting } from "./completion.js";

const DAYS = { added_from: "Added since", added_to: "Added until" };
/** Bounds in words; that of likelihood is typed in percent. */
const BOUNDS = {
  min_duration_s: (value) => `${value} s or longer`,
  max_duration_s: (value) => `${value} s or shorter`,
  min_probability: (value) => `${percent(value)} likely or more`,
  min_score: (value) => `Score from ${number(value)}`,
};
const unit = (name) => (name === "min_probability" ? 100 : 1);
let filters = {};
let known = null;
let ways = {};

/** Take filters as they are said; `labels`, and `fields` of the metadata, complete them; `onChange` gets all of them anew, `clip` gives one by its id. */
export function start({ labels, fields, clip, onChange }) {
  ways = { clip, onChange };
  const label = (value) => add("filter-label", () => change({ label: [...new Set([...filters.label, value])] }));
  complete(at("filter-label"), at("filter-labels"), { offered: (typed) => fitting(labels(), typed), onPick: label });
  complete(at("filter-field"), at("filter-fields"), { offered: (typed) => fitting(known ?? [], typed), onPick: () => at("filter-value").focus() });
  for (const day of Object.keys(DAYS)) at(day).addEventListener("change", ({ target }) => change({ [day]: target.value }));
  for (const name of Object.keys(BOUNDS)) at(name).addEventListener("change", () => bound(name));
  at("each").addEventListener("change", ({ target }) => change({ by: target.checked ? "window" : null }));
  at("add-condition").addEventListener("click", condition);
  at("filters").addEventListener("keydown", (event) => enter(event, label));
  at("show-filters").addEventListener("click", () => unfold(at("filters").hidden, fields));
}

const change = (changed) => ways.onChange({ ...filters, ...changed });

/** Scores are asked for where nobody knows how likely such results are. */
export function scaled(isCalibrated) {
  at("min_probability").parentElement.hidden = !isCalibrated;
  at("min_score").parentElement.hidden = isCalibrated;
}

function bound(name) {
  const value = at(name).value === "" ? null : at(name).valueAsNumber / unit(name);
  if (at(name).reportValidity() && value !== filters[name]) change({ [name]: value });
}

/** Show the filters of a search: those that hold as chips, how many there are beside the way to the panel. */
export function show(found) {
  filters = found;
  for (const day of Object.keys(DAYS)) at(day).value = found[day] ?? "";
  for (const name of Object.keys(BOUNDS)) at(name).value = found[name] === null ? "" : Number((found[name] * unit(name)).toPrecision(6));
  at("each").checked = found.by === "window";
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
  if (event.target.id in BOUNDS) bound(event.target.id);
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

function chips({ label, where, among, by, ...others }) {
  const without = (list, gone) => list.filter((each) => each !== gone);
  return [
    ...among.map((each) => only(each, () => ({ among: without(among, each) }))),
    ...label.map((each) => chip(each, () => ({ label: without(label, each) }))),
    ...Object.keys(DAYS).filter((day) => others[day]).map((day) => chip(`${DAYS[day]} ${dated(others[day])}`, () => ({ [day]: null }))),
    ...Object.keys(BOUNDS).filter((name) => others[name] !== null).map((name) => chip(BOUNDS[name](others[name]), () => ({ [name]: null }))),
    ...where.map((each) => chip(said(each), () => ({ where: without(where, each) }))),
    ...(by ? [chip("Every moment by itself", () => ({ by: null }))] : []),
  ];
}

const dated = (day) => new Date(`${day}T00:00`).toLocaleDateString("en-GB", { dateStyle: "medium" });

const said = ({ path = [], is, value }) => `${path.join(".")} ${[...at("filter-is")].find((each) => each.value === is)?.text ?? is} ${[value].flat().join(", ")}`;

/** A clip that is searched in, by its name as soon as that is known. */
function only(id, changed) {
  const found = chip("Only in one clip", changed);
  ways.clip(id).then(({ name }) => name && call(found, `Only in ${name}`), () => {});
  return found;
}

function call(found, words) {
  found.querySelector("strong").textContent = words;
  found.querySelector("button").setAttribute("aria-label", `Remove ${words}`);
}

function chip(words, changed) {
  const found = template("chip");
  found.querySelector("input").remove();
  call(found, words);
  found.querySelector("button").addEventListener("click", () => {
    change(changed());
    at("show-filters").focus();
  });
  return found;
}
