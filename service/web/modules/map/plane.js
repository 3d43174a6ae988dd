/** The plane: a canvas that is moved through, and the point on it that is picked. */

import { camera } from "./camera.js";
import { painter } from "./painting.js";
import { alike, card } from "./picked.js";
import { grid, pointsOf } from "./points.js";

const TOLD_MS = 1600;
const REACH = { mouse: 14, touch: 28, key: 90 };

/** Of a map in its place: {scene, paint(), see}; whoever changes the scene has it painted. */
export function planeOf(place, map, gallery) {
  const canvas = place.querySelector("canvas");
  const scene = sceneOf(map);
  let waiting = 0;
  const paint = () => (waiting ||= requestAnimationFrame(() => ((waiting = 0), draw(scene))));
  const passed = hint(place.querySelector(".hint"));
  const see = camera(canvas, hand(scene, { passed, pick: (point) => pick(point), near: (...from) => near(...from), paint }));
  const draw = painter(canvas, see);
  const near = nearest(scene, see);
  const pick = picking(place, { scene, see, paint, gallery });
  place.querySelector(".plane").addEventListener("mouseleave", () => pick(null));
  place.querySelector(".zoom").addEventListener("click", ({ target }) => step(see, target.closest("button")));
  new ResizeObserver(paint).observe(canvas);
  return { scene, paint, see };
}

function sceneOf(map) {
  const shown = () => true;
  return { points: pointsOf(map), classes: map.classes, colours: [], kinds: new Set(["audio", "video", "text"]), shown, picked: null, joins: [], landing: null };
}

/** What the camera's hand does to the scene: by keys the point in the middle is picked. */
function hand(scene, { pick, near, paint, passed }) {
  const go = () => scene.picked && location.assign(alike(scene.picked, scene.classes[scene.picked.of]));
  const keys = { Enter: go };
  document.addEventListener("keydown", (event) => event.key === "Escape" && pick(null));
  return {
    moved: (byKey) => (pick(byKey === true ? near(null, REACH.key) : null), paint()),
    pointed: (x, y, how) => pick(near([x, y], REACH[how] ?? REACH.mouse)),
    pressed: (how) => how === "mouse" && go(),
    passed,
    key: (name) => name in keys && (keys[name](), true),
  };
}

/** The nearest point that can be seen, to a place on the canvas or to its middle. */
function nearest(scene, see) {
  const cells = grid(scene.points);
  const seen = (each) => scene.shown(each) && scene.kinds.has(each.kind);
  return (from, reach) => cells.nearest(...see.toPlane(...(from ?? see.middle())), reach / see.unit(), seen);
}

function picking(place, { scene, see, paint, gallery }) {
  const tell = card(place.querySelector(".picked"), { classes: scene.classes, gallery, said: place.querySelector(".heard") });
  const canvas = place.querySelector("canvas");
  return (point) => {
    if (point === scene.picked) return;
    scene.picked = point;
    tell(point, point && see.toScreen(point));
    canvas.classList.toggle("on", Boolean(point));
    paint();
  };
}

/** Say for a moment how to zoom, to whoever turns the wheel over the map. */
function hint(words) {
  let waiting = 0;
  return () => {
    words.classList.add("there");
    clearTimeout(waiting);
    waiting = setTimeout(() => words.classList.remove("there"), TOLD_MS);
  };
}

function step(see, button) {
  const by = Number(button?.dataset.zoom ?? 1);
  by ? see.zoom(by) : see.whole();
}
