/** How seen and new classes did on validation under each beta, drawn behind the slider that chooses one. */

import { at, make } from "../dom.js";
import { number, percent } from "../format.js";
import { tell } from "../slots.js";

const LINES = ["seen", "unseen", "harmonic"];
let curve;
let ends;
let current;

/** Read where the pointer is, until it leaves; `onBeta` is told of betas that are chosen by name. */
export function start(onBeta) {
  at("curve").addEventListener("pointermove", ({ clientX }) => {
    const { left, width } = at("drawing").getBoundingClientRect();
    const x = Math.min(1, Math.max(0, (clientX - left) / width));
    at("curve").style.setProperty("--there", x);
    read(ends[0] + x * (ends[1] - ends[0]));
  });
  at("curve").addEventListener("pointerleave", () => read(current));
  at("places").addEventListener("click", ({ target }) => target.closest("button") && onBeta(Number(target.closest("button").value)));
  at("table").addEventListener("toggle", () => at("table").open && list());
}

/** Show a channel's curve, undefined where the bundle keeps none, with the bundle's own beta, reaching as `far`. */
export function show(found, own, far) {
  curve = found;
  const among = [0, own, far, ...(curve?.betas ?? [])];
  ends = [Math.min(...among), Math.max(...among)];
  [at("beta").min, at("beta").max] = ends;
  [at("least").textContent, at("most").textContent] = ends.map(number);
  at("curve").classList.toggle("bare", !curve);
  at("table").open = false;
  const place = curve && best(own);
  if (curve) draw(place);
  offer([own, curve?.betas[place], 0]);
}

/** Put the slider, and what is read, at a beta. */
export function put(beta) {
  current = beta;
  at("beta").value = beta;
  at("curve").style.setProperty("--x", part(beta));
  read(beta);
}

const part = (beta) => (beta - ends[0]) / (ends[1] - ends[0] || 1);

/** Say what there is at a beta, which is 0 where it is as good as that. */
function read(there) {
  const beta = Math.abs(there) < (ends[1] - ends[0]) / 500 ? 0 : there;
  const figures = Object.fromEntries(curve ? LINES.map((line) => [line, percent(value(line, beta), 1)]) : []);
  tell(at("reading"), { taken: number(beta), curve, ...figures });
  at("beta").setAttribute("aria-valuetext", [number(beta), ...Object.entries(figures).flat()].join(" "));
}

/** Of a line at a beta, straight between its neighbours. */
function value(line, beta) {
  const { betas, [line]: values } = curve;
  const after = betas.findIndex((each) => each >= beta);
  if (after <= 0) return values.at(after);
  const share = (betas[after] - beta) / (betas[after] - betas[after - 1]);
  return share * values[after - 1] + (1 - share) * values[after];
}

/** Where the best harmonic mean is: at the bundle's own beta, if none does better. */
function best(own) {
  const most = Math.max(...curve.harmonic);
  const owned = curve.betas.indexOf(own);
  return curve.harmonic[owned] === most ? owned : curve.harmonic.indexOf(most);
}

function draw(place) {
  const mean = curve.harmonic[place];
  const points = (line) => curve[line].map((each, i) => `${100 * part(curve.betas[i])} ${100 - 100 * each}`).join("L");
  LINES.forEach((line, i) => at("drawn").children[i + 1].setAttribute("d", `M${points(line)}`));
  at("drawn").setAttribute("aria-label", `Accuracy of seen and of new classes, by what is taken off the seen ones. Their harmonic mean is best at ${number(curve.betas[place])}: ${percent(mean, 1)}.`);
  at("peak").textContent = `Best harmonic mean ${percent(mean, 1)}`;
  at("drawing").style.setProperty("--x", part(curve.betas[place]));
  at("drawing").style.setProperty("--y", 1 - mean);
}

/** Betas by name, each once. */
function offer(betas) {
  [...at("places").children].forEach((button, i) => {
    button.hidden = betas[i] === undefined || betas.indexOf(betas[i]) < i;
    button.value = betas[i];
    button.lastElementChild.textContent = number(betas[i]);
  });
}

function list() {
  const row = (beta, i) => make("tr", {}, make("th", { class: "number", scope: "row", text: number(beta) }), LINES.map((line) => make("td", { class: "number", text: percent(curve[line][i], 1) })));
  at("table").querySelector("tbody").replaceChildren(...curve.betas.map(row));
  at("table").querySelector("caption").textContent = `On ${curve.measured_on}`;
}
