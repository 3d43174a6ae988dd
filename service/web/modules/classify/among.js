/** Which classes compete: the model's, the gallery's labels, those of a vocabulary, or typed ones. */

import { parameters, rewrite } from "../address.js";
import { at, template } from "../dom.js";

const MOST = 1000;
const LONGEST_ADDRESS = 6000;
let typed = [];
let labels;
let tellOf;

/** Offer what a gallery and the service have; `onChange` is told when something else competes. */
export function start({ gallery, vocabularies, bundle, onChange }) {
  tellOf = onChange;
  labels = Object.keys(gallery.labels).slice(0, MOST);
  const [own, ofGallery, words] = at("among").options;
  own.text += ` (${bundle.vocabulary.length})`;
  ofGallery.text += ` (${labels.length})`;
  ofGallery.disabled = !labels.length;
  words.disabled = bundle.words === "vocabulary";
  if (words.disabled) words.text += " (it knows no others)";
  words.before(...vocabularies.map(({ name, size }) => new Option(`${name} (${size})`, `:${name}`)));
  read();
  at("among").addEventListener("change", changed);
  at("word").addEventListener("keydown", typing);
  at("word").addEventListener("paste", pasted);
  at("word").addEventListener("blur", () => add([at("word").value]));
  at("chips").addEventListener("click", ({ target }) => target.closest("button") && drop([...at("chips").children].indexOf(target.closest("li"))));
}

/** As a request says it: {classes}, {vocabulary}, or neither; null where words are still to be typed. */
export function chosen() {
  const { value } = at("among");
  if (value === "typed") return typed.length ? { classes: typed } : null;
  if (value === "labels") return { classes: labels };
  return value === "own" ? {} : { vocabulary: value.slice(1) };
}

function read() {
  const asked = parameters();
  typed = asked.getAll("class").slice(0, MOST);
  at("among").value = typed.length ? "typed" : asked.has("vocabulary") ? `:${asked.get("vocabulary")}` : (asked.get("among") ?? "own");
  if (at("among").selectedOptions[0]?.disabled !== false) at("among").value = "own";
  show();
}

function changed() {
  show();
  const { classes = [], vocabulary = null } = chosen() ?? {};
  const isTyped = at("among").value === "typed";
  rewrite({ vocabulary, among: at("among").value === "labels" ? "labels" : null, class: isTyped && classes.join("").length < LONGEST_ADDRESS ? classes : null });
  tellOf();
}

function show() {
  at("typing").hidden = at("among").value !== "typed";
  at("chips").replaceChildren(...typed.map(chip));
}

function chip(name) {
  const made = template("chip");
  made.firstElementChild.ariaLabel = `Remove ${name}`;
  made.querySelector("span").textContent = name;
  return made;
}

function drop(place) {
  typed.splice(place, 1);
  changed();
  at("word").focus();
}

function typing(event) {
  const { value } = at("word");
  if (event.key === "Backspace" && !value && typed.length) drop(typed.length - 1);
  if (event.key !== "Enter" && event.key !== ",") return;
  event.preventDefault();
  add([value]);
}

/** Many lines are a class each, which may have commas in it; of one line each comma ends one. */
function pasted(event) {
  const text = event.clipboardData.getData("text").trim();
  event.preventDefault();
  add((at("word").value + text).split(text.includes("\n") ? "\n" : ","));
}

function add(names) {
  const known = new Set(typed.map((each) => each.toLowerCase()));
  const fresh = names.map((each) => each.trim().replace(/\s+/g, " ").slice(0, 500)).filter((each) => each && !known.has(each.toLowerCase()) && known.add(each.toLowerCase()));
  at("word").value = "";
  if (!fresh.length) return;
  typed = [...typed, ...fresh].slice(0, MOST);
  changed();
}
