/** A map that is there: seen, moved through, filtered, heard, and asked where something lands. */

import { parameters, write } from "../address.js";
import { template, at } from "../dom.js";
import { ago, count, whole } from "../format.js";
import { camera } from "./camera.js";
import { colours, darkness } from "./colours.js";
import { land } from "./landing.js";
import { legend, table } from "./legend.js";
import { painter } from "./painting.js";
import { alike, card } from "./picked.js";
import { grid, pointsOf } from "./points.js";

const REACH = 14;

/** Open a map in a place: what the service answered, the gallery as it is, and the evaluation that made it. */
export function open(place, map, { gallery, made }) {
  place.replaceChildren(at("map").content.cloneNode(true));
  const find = (what) => place.querySelector(what);
  const canvas = find("canvas");
  const points = pointsOf(map);
  const cells = grid(points);
  const scene = { points, classes: map.classes, colours: [], kinds: new Set(["audio", "video", "text"]), picked: null, joins: [], landing: null };
  const chosen = new Set();
  let hovered = null;
  scene.shown = ({ of }) => (hovered === null ? !chosen.size || chosen.has(of) : of === hovered);

  let asked = 0;
  const paint = () => (asked ||= requestAnimationFrame(() => ((asked = 0), draw(scene))));
  const see = camera(canvas, { moved, pointed, pressed, key });
  const draw = painter(canvas, see);
  const tell = card(find(".picked"), { classes: map.classes, gallery: gallery.name, said: find(".heard") });
  const pick = (point) => {
    if (point === scene.picked) return;
    scene.picked = point;
    paint();
    tell(point, point && onScreen(point));
    canvas.classList.toggle("on", Boolean(point));
  };
  const onScreen = ({ x, y }) => [see.middle()[0] + (x - see.see.x) * see.unit(), see.middle()[1] + (y - see.see.y) * see.unit()];
  const near = (x, y, reach) => cells.nearest(...see.toPlane(x, y), reach / see.unit(), (each) => scene.shown(each) && scene.kinds.has(each.kind));

  function moved(byKey) {
    pick(byKey === true ? near(...see.middle(), 90) : null);
    paint();
  }
  function pointed(x, y, how = "mouse") {
    pick(near(x, y, how === "mouse" ? REACH : 2 * REACH));
  }
  function pressed(how) {
    if (scene.picked && how === "mouse") location.assign(alike(scene.picked, map.classes[scene.picked.of]));
  }
  function key(name) {
    if (name === "Enter") pressed("mouse");
    else if (name === "Escape") pick(null);
    else return false;
    return true;
  }

  const every = find(".joins input");
  const rejoin = () => {
    scene.joins = every.checked ? map.windows.filter((each) => each.audio && each.video && scene.shown(each)) : [];
    paint();
  };
  find(".kinds").addEventListener("change", ({ target: { value, checked } }) => {
    if (value !== "joins") checked ? scene.kinds.add(value) : scene.kinds.delete(value);
    rejoin();
  });
  find(".plane").addEventListener("mouseleave", () => pick(null));
  find(".zoom").addEventListener("click", ({ target }) => {
    const by = Number(target.closest("button")?.dataset.zoom ?? 1);
    by ? see.zoom(by) : see.whole();
  });

  const dye = legend(find(".legend"), map, { chosen, changed: rejoin, hovered: (index) => ((hovered = index), rejoin()) });
  const dark = darkness(recolour);
  function recolour() {
    dye((scene.colours = colours(map.classes, points, dark())));
    paint();
  }
  recolour();
  new ResizeObserver(paint).observe(canvas);
  table(find("tbody"), map);
  find(".drawn").textContent = origin(map, gallery, made);
  landing(find(".landing"), find(".landed"), async (query, signal) => {
    const found = await land(gallery, points, query, signal);
    scene.landing = found && { ...found, name: query.name };
    if (found) see.whole();
    return found && neighbours(found, map);
  }, () => ((scene.landing = null), paint()));
}

function origin({ windows, evaluated, method, bundle, generation }, gallery, { made_at: at }) {
  const some = windows.length < evaluated ? ` of ${whole(evaluated)}, as many of each class as there is room for,` : "";
  const late = generation === gallery.generation ? "" : " The gallery has been embedded anew since.";
  return `${count(windows.length, "window")}${some} placed by ${method} ${ago(at)}, with ${bundle}. Near is alike; how far apart two far ones are says little.${late}`;
}

/** Of which classes the nearest points are, the most first. */
function neighbours({ near }, { classes }) {
  const counts = new Map();
  for (const { point } of near) counts.set(point.of, (counts.get(point.of) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one).map(([index, times]) => `${classes[index].name} (${times})`).join(", ");
}

/** The form that asks; the words are in the address. */
function landing(form, said, show, clear) {
  let current = new AbortController();
  const ask = async (query) => {
    current.abort();
    current = new AbortController();
    said.textContent = "Looking for its neighbours…";
    try {
      const beside = await show(query, current.signal);
      said.textContent = beside ? `“${query.name}” stands between its nearest points, as searches find them: ${beside}. Nothing is drawn anew.` : "Nothing of this map is near it.";
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!error.said) throw error;
      said.textContent = error.said;
    }
  };
  const words = (text) => (text ? ask({ text, name: text }) : (current.abort(), (said.textContent = ""), clear()));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = form.elements.text.value.trim();
    write({ text });
    words(text);
  });
  form.querySelector("[type=file]").addEventListener("change", ({ target: { files } }) => files[0] && ask({ file: files[0], name: files[0].name }));
  const follow = () => words((form.elements.text.value = parameters().get("text") ?? ""));
  addEventListener("popstate", follow);
  follow();
}
