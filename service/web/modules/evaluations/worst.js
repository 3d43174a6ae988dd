/** The queries that a route does worst by, each a link to the search itself. */

import { link } from "../address.js";
import { make } from "../dom.js";
import { percent, whole } from "../format.js";

const FEW = 6;

/** `thumbnail` is the address of a picture of a clip at a second, or null where clips have none. */
export function worst(place, queries, { gallery, route, thumbnail }) {
  const [from, to] = route.split("->");
  const more = place.nextElementSibling;
  const picture = ({ clip, window }) => window && thumbnail && make("img", { src: thumbnail(clip, window.start_s), alt: "", loading: "lazy", width: 96, height: 64 });
  const row = (each) => {
    const { class: asked, clip, rank, average_precision: precision, hits } = each;
    const href = link("/", { gallery, to, ...(clip ? { clip, from } : { text: asked }), route: null });
    const says = rank > 1 ? ` · the first right one is hit ${whole(rank)}` : " · the first is right, others come late";
    const found = hits.map((hit) => make("li", { class: hit.class === asked && "right" }, picture(hit), hit.class));
    return make("li", {}, make("a", { href }, picture(each), make("span", {}, make("b", { text: asked }), make("small", {}, make("em", { text: percent(Math.floor(100 * precision) / 100) }), says))), make("ol", { "aria-label": "Found first" }, found));
  };
  const show = (shown) => {
    place.replaceChildren(...queries.slice(0, shown).map(row));
    more.hidden = queries.length <= shown;
  };
  more.textContent = `All ${queries.length}`;
  more.onclick = () => show(Infinity);
  show(FEW);
}
