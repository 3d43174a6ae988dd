/** A field that offers words as one types: a combobox with a list, as ARIA 1.2 has it. */

import { make, sign } from "../dom.js";

const MOST = 7;

/** Offer what `offered` has for what is typed, as {value, note, icon}; `onPick` is told of a choice, unless that has its own `run`.
 *
 * `early`: an empty field offers as soon as somebody is there, too.
 */
export function complete(field, list, { offered, onPick, early = false }) {
  let active = -1;
  let found = [];
  const close = () => point((list.hidden = true) && -1);
  const pick = ({ value, run }) => {
    close();
    if (run) return run();
    field.value = value;
    onPick(value);
  };
  function point(to) {
    active = to;
    [...list.children].forEach((each, i) => each.setAttribute("aria-selected", String(i === to)));
    field.setAttribute("aria-expanded", String(!list.hidden));
    to < 0 ? field.removeAttribute("aria-activedescendant") : field.setAttribute("aria-activedescendant", list.children[to].id);
  }
  function open() {
    found = offered(field.value.trim());
    list.replaceChildren(...found.map((each, i) => option(each, `${list.id}-${i}`, pick)));
    list.hidden = !found.length;
    point(-1);
  }
  const keys = {
    ArrowDown: () => (list.hidden ? open() : point((active + 1) % list.children.length)),
    ArrowUp: () => !list.hidden && point((active < 1 ? list.children.length : active) - 1),
    Enter: (event) => (active < 0 ? close() : (event.preventDefault(), pick(found[active]))),
    Escape: (event) => !list.hidden && (event.stopPropagation(), event.preventDefault(), close()),
  };
  field.addEventListener("input", open);
  if (early) for (const kind of ["focus", "click"]) field.addEventListener(kind, () => !field.value && list.hidden && open());
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    if (event.key.startsWith("Arrow") && event.key in keys) event.preventDefault();
    keys[event.key]?.(event);
  });
}

function option(offer, id, pick) {
  const { value, note, icon } = offer;
  const taken = { mousedown: (event) => event.preventDefault(), click: () => pick(offer) };
  return make("li", { id, role: "option", on: taken }, icon && sign(icon), make("span", { text: value }), note && make("small", { text: note }));
}

/** Of words with notes, those that fit what is typed: as their beginning, as that of a word in them, then anywhere. */
export function fitting(words, typed) {
  const sought = typed.toLowerCase();
  const rank = (word) => [word.startsWith(sought), word.includes(` ${sought}`), word.includes(sought)].indexOf(true);
  const ranked = words.map((each) => ({ ...each, rank: rank(each.value.toLowerCase()) })).filter(({ rank: found }) => found >= 0);
  return ranked.sort((a, b) => a.rank - b.rank).slice(0, MOST).filter(({ value }) => value !== typed);
}
