/** Lines over a square of 0 to 1, the first to be read: an unseen slider lies over it, for pointer, finger and keys. */

import { shape } from "../dom.js";

/** Draw into a figure that has an svg, an input and an output.
 *
 * @param {{points: number[][], kind?: string, sizes?: number[]}[]} series
 * @param {(i: number) => string} read says the first one's point
 */
export function lines(figure, series, read, at) {
  const [svg, input, said] = ["svg", "input", "output"].map((each) => figure.querySelector(each));
  const [{ points, sizes }] = series;
  const cursor = shape("path", { class: "cursor" });
  const dots = points.map(([x, y], i) => shape("path", { class: "dot", d: `M${x} ${1 - y}h0`, style: { "stroke-width": sizes?.[i] ?? 6 } }));
  const line = (each, i) => shape("path", { class: i ? `line ${each.kind}` : "main", pathLength: 1, d: `M${each.points.map(([x, y]) => `${x} ${1 - y}`).join("L")}` });
  svg.replaceChildren(...series.map(line).reverse(), cursor, ...dots);
  const tell = (i) => {
    input.value = i;
    cursor.setAttribute("d", `M${points[i][0]} 0V1`);
    dots.forEach((dot, each) => dot.classList.toggle("at", each === i));
    said.textContent = input.ariaValueText = read(i);
  };
  const off = (i, x) => Math.abs(points[i][0] - x);
  input.max = points.length - 1;
  input.oninput = () => tell(Number(input.value));
  input.onpointermove = ({ offsetX }) => tell(points.reduce((best, _, i) => (off(i, offsetX / input.clientWidth) < off(best, offsetX / input.clientWidth) ? i : best), 0));
  tell(Math.min(at, points.length - 1));
}
