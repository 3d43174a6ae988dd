/** A map that is there: seen, filtered, told in words, and asked where something lands. */

import { at } from "../dom.js";
import { ago, count, whole } from "../format.js";
import { asking } from "./asking.js";
import { colours, darkness } from "./colours.js";
import { legend, table } from "./legend.js";
import { planeOf } from "./plane.js";

/** Open a map in a place: what the service answered, the gallery as it is, and the evaluation that made it. */
export function open(place, map, { gallery, made }) {
  place.replaceChildren(at("map").content.cloneNode(true));
  const plane = planeOf(place, map, gallery.name);
  filtering(place, map, plane);
  table(place.querySelector("tbody"), map);
  place.querySelector(".drawn").textContent = origin(map, gallery, made);
  asking(place, plane, gallery);
}

/** The legend and what it hides; while the mouse is over a class, that one alone is plain. */
function filtering(place, map, { scene, paint }) {
  const chosen = new Set();
  let hovered = null;
  const every = place.querySelector(".joins input");
  scene.shown = ({ of }) => (hovered === null ? !chosen.size || chosen.has(of) : of === hovered);
  const changed = () => {
    scene.joins = every.checked ? map.windows.filter((each) => each.audio && each.video && scene.shown(each)) : [];
    paint();
  };
  place.querySelector(".kinds").addEventListener("change", ({ target: { value, checked } }) => {
    if (value !== "joins") scene.kinds[checked ? "add" : "delete"](value);
    changed();
  });
  const hover = (index) => ((hovered = index), changed());
  dyeing(legend(place.querySelector(".legend"), map, { chosen, changed, hovered: hover }), map, { scene, paint });
}

/** Colours of the classes, in the light and in the dark. */
function dyeing(dye, map, { scene, paint }) {
  const dark = darkness(() => recolour());
  const recolour = () => {
    dye((scene.colours = colours(map.classes, scene.points, dark())));
    paint();
  };
  recolour();
}

function origin({ windows, evaluated, method, bundle, generation }, gallery, { made_at: when }) {
  const some = windows.length < evaluated ? ` of ${whole(evaluated)}, as many of each class as there is room for,` : "";
  const late = generation === gallery.generation ? "" : " The gallery has been embedded anew since.";
  return `${count(windows.length, "window")}${some} placed by ${method} ${ago(when)}, with ${bundle}. Near is alike; how far apart two far ones are says little.${late}`;
}
