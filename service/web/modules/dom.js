/** Elements made, found and copied; everything that is put into the page as text stays text. */

export const at = (id) => document.getElementById(id);

/** An element: `props` are attributes, besides `on` (listeners by event), `style` (properties by name) and `text`. */
export function make(tag, props = {}, ...children) {
  return furnish(document.createElement(tag), props, children);
}

/** The same within a drawing: `shape("svg", {viewBox: "0 0 10 10"}, shape("path", {d: "…"}))`. */
export function shape(tag, props = {}, ...children) {
  return furnish(document.createElementNS("http://www.w3.org/2000/svg", tag), props, children);
}

/** One of the signs of icons/signs.svg, which says nothing to who cannot see it. */
export function sign(name) {
  const signs = new URL("../icons/signs.svg", import.meta.url).pathname;
  return shape("svg", { class: "sign", viewBox: "0 0 24 24", "aria-hidden": "true" }, shape("use", { href: `${signs}#${name}` }));
}

/** A copy of what the template of that id holds: its first element. */
export const template = (id) => at(id).content.firstElementChild.cloneNode(true);

function furnish(element, props, children) {
  for (const [name, value] of Object.entries(props)) put(element, name, value);
  element.append(...children.flat().filter((each) => each !== null && each !== undefined && each !== false));
  return element;
}

function put(element, name, value) {
  if (value === null || value === undefined) return;
  if (name === "on") Object.entries(value).forEach(([event, listener]) => element.addEventListener(event, listener));
  else if (name === "style") Object.entries(value).forEach(([property, each]) => element.style.setProperty(property, each));
  else if (name === "text") element.textContent = value;
  else if (typeof value === "boolean" && name in element) element[name] = value;
  else if (value !== false) element.setAttribute(name, value === true ? "" : value);
}
