/** The page of a gallery's map: the newest that there is, or the way to one. */

import { parameters } from "../address.js";
import { ask } from "../api.js";
import { at } from "../dom.js";
import { chosen, of } from "../galleries.js";
import { session } from "../key.js";
import { draw, going } from "../map/making.js";
import { open } from "../map/opened.js";
import { fill, show } from "../states.js";

const content = at("content");

const reload = () => fill(content, load, "chart");

async function load() {
  const name = await chosen();
  if (!name) return show(content, "empty", { title: "There is no gallery yet.", detail: "Run `sightsound demo` to make one.", actions: [{ label: "Galleries", href: "/galleries" }] });
  const [{ evaluations }, gallery, { scopes }] = await Promise.all([ask(of(name, "evaluations")), ask(of(name)), session()]);
  const wanted = Number(parameters().get("evaluation"));
  const last = evaluations.findLast((each) => each.request.map && (!wanted || each.id === wanted));
  const may = scopes.includes("admin");
  const anew = () => draw(content, name, reload);
  const busy = !last && may && (await going(content, name, reload));
  if (busy) return;
  if (!last) return invite(gallery, may, anew);
  open(content, await ask(of(name, "evaluations", String(last.id), "map")), { gallery, made: last });
  offer(may, anew);
}

function offer(may, anew) {
  at("anew").hidden = !may;
  at("anew").onclick = () => {
    content.focus();
    at("anew").hidden = true;
    anew();
  };
}

function invite(gallery, may, anew) {
  if (!gallery.clips) return show(content, "empty", { title: "This gallery holds no clips yet.", detail: "Put some in, and their map can be drawn.", actions: [{ label: "Galleries", href: "/galleries" }] });
  const detail = "Every clip’s sound and pictures and the words of every class, in one picture. Drawing it evaluates the gallery too, and takes from seconds to minutes; searches go on meanwhile.";
  if (!may) return show(content, "forbidden", { title: "No map has been drawn yet.", detail: "Whoever administers this gallery can draw one." });
  show(content, "empty", { title: "See what the bundle sees.", detail, actions: [{ label: "Draw the map", run: anew }] });
}

reload();
