/** The legend, which is the filter too; and the map in words. */

import { make } from "../dom.js";
import { number, whole } from "../format.js";

/** Fill the legend; `chosen` is the set of classes to show, empty for all, and `changed` is told of it. */
export function legend(aside, { classes }, { chosen, changed, hovered }) {
  const all = aside.querySelector(".of button");
  const rows = classes.map(({ name, seen, windows }, index) =>
    make(
      "li",
      {},
      make(
        "button",
        { type: "button", "aria-pressed": "false", on: { click: () => flip(index), pointerenter: ({ pointerType }) => pointerType === "mouse" && hovered(index), pointerleave: () => hovered(null) } },
        make("i", { class: seen ? "" : "unseen" }),
        make("span", { text: name }),
        make("span", { class: "number", text: whole(windows) }),
        seen ? null : make("span", { class: "unseen-text", text: ", never seen in training" }),
      ),
    ),
  );
  const tell = () => {
    rows.forEach((row, index) => row.firstChild.setAttribute("aria-pressed", String(chosen.has(index))));
    all.hidden = !chosen.size;
    changed();
  };
  const flip = (index) => (chosen.delete(index) || chosen.add(index), tell());
  all.addEventListener("click", () => (chosen.clear(), tell()));
  aside.querySelector("ol").replaceChildren(...rows);
  return (colours) => rows.forEach((row, index) => row.style.setProperty("--colour", colours[index]));
}

export function table(body, { classes }) {
  const row = ({ name, seen, windows, apart }) =>
    make("tr", {}, make("th", { scope: "row", text: name }), make("td", { text: seen ? "seen" : "never seen" }), make("td", { class: "number", text: whole(windows) }), make("td", { class: "number", text: number(apart) }));
  body.replaceChildren(...classes.map(row));
}
