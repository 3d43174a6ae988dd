/** A bundle as a drawing: encoders feed heads, and heads whose vectors are compared share a space. */

import { make, shape } from "../dom.js";
import { SENSES } from "./bundles.js";

/** Put boxes into the columns of `place`, and lines between them that follow its size. */
export function flow(place, { backbones, text_encoder: text, heads, routes, attention }) {
  const encoders = Object.entries({ ...backbones, text });
  const shared = spaces(routes);
  const boxes = new Map();
  const put = (key, ...said) => boxes.set(key, box(...said)).get(key);
  const [first, second, third] = place.querySelectorAll("ul");
  first.append(...encoders.map(([sense, { name, width }]) => put(`${sense}>`, sense, SENSES[sense], name, width)));
  second.append(...Object.entries(heads).map(([name, { inputs, dim }]) => put(name, kind(inputs), name, `${name === attention ? "weighs" : "reads"} ${inputs.map((each) => SENSES[each].toLowerCase()).join(" and ")}`, dim)));
  third.append(...shared.map(({ metric, heads: within }, i) => put(i, "", title([...within].map((name) => SENSES[kind(heads[name].inputs)])), METRICS[metric], heads[[...within][0]].dim)));
  const lines = Object.entries(heads).flatMap(([name, { inputs }]) => [
    ...inputs.map((sense) => [`${sense}>`, name, sense]),
    ...shared.flatMap(({ heads: within }, i) => (within.has(name) ? [[name, i, kind(inputs)]] : [])),
  ]);
  new ResizeObserver(() => draw(place, lines, boxes)).observe(place);
}

const METRICS = { euclidean: "the nearest wins", cosine: "the smallest angle wins", inner: "the largest product wins" };

const title = (names) => [...new Set(names)].join(", ");

const kind = (inputs) => (inputs.length === 1 ? inputs[0] : "av");

const box = (sense, title, detail, width) => make("li", { class: sense }, make("b", { text: title }), make("span", { text: detail }), make("span", {}, width, make("i", { text: " numbers" })));

/** Heads that routes compare, however many steps apart. */
function spaces(routes) {
  return Object.values(routes).reduce((found, { query, gallery, metric }) => {
    const near = found.filter(({ heads }) => heads.has(query) || heads.has(gallery));
    const heads = new Set([...near.flatMap((each) => [...each.heads]), query, gallery]);
    return [...found.filter((each) => !near.includes(each)), { metric, heads }];
  }, []);
}

function draw(place, lines, boxes) {
  const isBeside = getComputedStyle(place).gridTemplateColumns.includes(" ");
  const { left, top } = place.getBoundingClientRect();
  const ends = (key) => boxes.get(key).getBoundingClientRect();
  place.querySelector("svg").replaceChildren(...lines.map(([from, to, sense]) => shape("path", { class: sense, d: curve(ends(from), ends(to), { isBeside, left, top }) })));
}

/** From one box to the next: sideways where columns are beside each other, else down. */
function curve(a, b, { isBeside, left, top }) {
  const [x0, y0] = isBeside ? [a.right - left, a.top + a.height / 2 - top] : [a.left + a.width / 2 - left, a.bottom - top];
  const [x1, y1] = isBeside ? [b.left - left, b.top + b.height / 2 - top] : [b.left + b.width / 2 - left, b.top - top];
  const bend = isBeside ? `${(x0 + x1) / 2} ${y0} ${(x0 + x1) / 2} ${y1}` : `${x0} ${(y0 + y1) / 2} ${x1} ${(y0 + y1) / 2}`;
  return `M${x0} ${y0} C${bend} ${x1} ${y1}`;
}
