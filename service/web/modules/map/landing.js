/** Where a new query lands: between its nearest points of the map, as searches of the gallery find them. */

import { ask } from "../api.js";
import { of } from "../galleries.js";

const ASKED = 100;
const NEAREST = 5;
const BY_WORDS = ["text->audio", "text->video"];
const BY_CLIP = ["audio->video", "video->audio"];

/** {x, y, near: [{point, weight}]}: the mean of the nearest points that are on the map, weighted by score; null for none. */
export async function land(gallery, points, query, signal) {
  const routes = (query.text ? BY_WORDS : BY_CLIP).filter((each) => gallery.routes.includes(each));
  const told = await Promise.allSettled(routes.map((route) => found(gallery.name, route, query, signal)));
  const answers = told.flatMap(({ value }) => value ?? []);
  if (routes.length && !answers.length) throw told[0].reason;
  const near = answers.flatMap((answer) => weighted(answer, points));
  const whole = near.reduce((sum, { weight }) => sum + weight, 0);
  const mean = (axis) => near.reduce((sum, { point, weight }) => sum + (point[axis] * weight) / whole, 0);
  return near.length ? { x: mean("x"), y: mean("y"), near } : null;
}

function found(name, route, { text, file }, signal) {
  const [from, to] = route.split("->");
  const asked = { to, k: ASKED };
  return file ? ask(of(name, "search"), { form: { file, from, ...asked }, signal }) : ask(of(name, "search"), { query: { text, ...asked }, signal });
}

/** The best of them that are on the map: how much better than the first that does not count. */
function weighted({ hits, route }, points) {
  const kind = route.split("->")[1];
  const there = new Map(points.filter((each) => each.kind === kind).map((each) => [each.window.window_id, each]));
  const known = hits.filter((hit) => there.has(hit.window_id));
  const worst = known[NEAREST]?.score ?? known.at(-1)?.score;
  const above = known.slice(0, NEAREST).map(({ score }) => score - worst + 1e-6);
  const whole = above.reduce((sum, each) => sum + each, 0);
  return above.map((each, place) => ({ point: there.get(known[place].window_id), weight: each / whole }));
}
