/** A confusion matrix: a row is what clips are, a column what they were taken for; mistakes glow. */

import { make, shape } from "../dom.js";

/** Draw into a figure with an svg, an output and a list of rows; gives what lights up a pair of classes. */
export function heat(figure, { classes, cells }, labels) {
  const [svg, said, rows] = ["svg", "output", "ol"].map((each) => figure.querySelector(each));
  const pairs = cells.map(([row, column]) => [classes[row], classes[column] ?? "another class"]);
  const drawn = cells.map(([y, x, clips], i) => shape("rect", { class: x !== y && "wrong", x, y, width: 1, height: 1, style: { "--part": clips / labels[pairs[i][0]].clips } }));
  svg.setAttribute("viewBox", `0 0 ${Math.max(classes.length, ...cells.map((each) => each[1] + 1))} ${classes.length}`);
  svg.replaceChildren(...drawn);
  rows.replaceChildren(...classes.map((text) => make("li", { text, class: labels[text].seen ? "seen" : "unseen" })));
  svg.onpointerover = ({ target }) => {
    const [right, answer] = pairs[drawn.indexOf(target)] ?? [];
    said.textContent = right ? `${right}, taken for ${answer}: ${cells[drawn.indexOf(target)][2]} of ${labels[right].clips}` : "";
  };
  return (right, answer) => drawn.forEach((each, i) => each.classList.toggle("lit", pairs[i][0] === right && pairs[i][1] === answer));
}
