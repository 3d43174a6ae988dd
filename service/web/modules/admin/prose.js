/** The Markdown of a model card as elements: headings, lines, tables and code, which is all that it has. */

import { make } from "../dom.js";

export function prose(text) {
  return text.split(/^(```[^]*?^```)$|\n\n/m).filter((each) => each?.trim()).map((each) => block(each.trim()));
}

function block(text) {
  if (text.startsWith("```")) return make("pre", { tabindex: "0", text: text.split("\n").slice(1, -1).join("\n") });
  if (text.startsWith("#")) return make("h3", { text: text.replace(/^#+ */, "") });
  if (text.startsWith("|")) return table(text.split("\n").map((line) => line.split("|").slice(1, -1).map((each) => each.trim())));
  return make("div", {}, text.split("\n").map((line) => make("p", {}, inline(line))));
}

const inline = (line) => line.split("`").map((each, i) => (i % 2 ? make("code", { text: each }) : each));

function table([head, , ...rows]) {
  const cells = (tag, row) => make("tr", {}, row.map((text) => make(tag, { text, ...(tag === "th" && { scope: "col" }) })));
  return make("div", { class: "table", tabindex: "0" }, make("table", {}, make("thead", {}, cells("th", head)), make("tbody", {}, rows.map((row) => cells("td", row)))));
}
