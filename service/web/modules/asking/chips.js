/** What a search asks with, side by side: each shown, weighed where there are several, and removable. */

import { template } from "../dom.js";
import { bytes, span } from "../format.js";
import { isClip, placed } from "./parts.js";
import { ofClip, ofFile } from "./previews.js";

/** Show parts; those that were there stay, with what plays in them and the focus that they have.
 *
 * @param {{clip: (id: string) => Promise, onWeigh: (part, weight) => void, onRemove: (part) => void}} ways
 */
export function show(list, parts, ways) {
  const before = [...list.children];
  const chips = parts.map((part) => before.find((each) => each.is === key(part)) ?? chip(part, ways));
  if (chips.length !== before.length || chips.some((each, i) => each !== before[i])) list.replaceChildren(...chips);
  for (const gone of before) if (!gone.isConnected) gone.querySelector("button.preview")?.release();
  list.classList.toggle("several", parts.length > 1 || parts.some(({ weight }) => weight <= 0));
  chips.forEach((each, i) => tell(each, parts[i].weight));
  list.hidden = !parts.length;
}

const key = ({ kind, value, file }) => [kind, value, Boolean(file)].join();

function chip(part, { clip, onWeigh, onRemove }) {
  const item = template("chip");
  const slider = item.querySelector("input");
  item.is = key(part);
  slider.addEventListener("input", () => tell(item, Number(slider.value)));
  slider.addEventListener("change", () => onWeigh(part, Number(slider.value)));
  item.querySelector("button").addEventListener("click", () => onRemove(part));
  if (part.kind === "upload") uploaded(item, part);
  else if (isClip(part)) stored(item, part, clip);
  else name(item, part.value);
  return item;
}

function uploaded(item, { value, file }) {
  name(item, value, file ? `${bytes(file.size)} · only here, not in the link` : "not in the link");
  if (file) item.prepend(ofFile(file));
}

async function stored(item, part, clip) {
  const { clip: id, start_s } = placed(part);
  name(item, "example");
  const found = await clip(id).catch(() => null);
  if (!found) return name(item, "example", "no longer there");
  const window = found.windows.find((each) => each.start_s === start_s);
  name(item, found.labels.join(", ") || found.name, window && found.windows.length > 1 ? span(window) : found.name);
  item.prepend(ofClip(found, start_s));
}

function name(item, text, facts = "") {
  const called = facts ? `the clip ${text}` : text;
  item.querySelector("strong").textContent = text;
  item.querySelector("small").textContent = facts;
  item.querySelector("button").setAttribute("aria-label", `Remove ${called}`);
  item.querySelector("input").setAttribute("aria-label", `How much ${called} counts`);
}

/** Words for a weight, beside the figure: what counts against a hit is marked as such. */
function tell(item, weight) {
  const slider = item.querySelector("input");
  const figure = String(weight).replace("-", "−");
  slider.value = weight;
  slider.setAttribute("aria-valuetext", `${figure}, ${weight < 0 ? "less like this" : weight ? "like this" : "does not count"}`);
  item.querySelector(".weight").textContent = figure;
  item.classList.toggle("against", weight < 0);
  item.classList.toggle("idle", !weight);
}
