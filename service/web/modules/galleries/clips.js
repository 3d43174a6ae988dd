/** A gallery's clips as a grid that goes on, of all labels or of one. */

import { parameters, rewrite } from "../address.js";
import { ask } from "../api.js";
import { at, make, template } from "../dom.js";
import { seconds } from "../format.js";
import { of } from "../galleries.js";
import { tell } from "../slots.js";
import { fill } from "../states.js";
import { called, picture, place } from "./views.js";

let known = null;
let next = null;
const near = new IntersectionObserver((seen) => seen.some((each) => each.isIntersecting) && at("more").click(), { rootMargin: "600px" });

export function open(place, facts) {
  if (!known) begin();
  known = facts;
  const labels = Object.entries(known.gallery.labels).sort();
  at("label").replaceChildren(new Option("Every label", ""), ...labels.map(([name, held]) => new Option(`${name} (${held})`, name)));
  at("label").value = label() ?? "";
  return again();
}

function begin() {
  at("label").addEventListener("change", ({ target }) => again(rewrite({ label: target.value })));
  at("more").addEventListener("click", more);
  near.observe(at("more"));
}

const label = () => parameters().get("label");
const page = (cursor) => ask(of(known.gallery.name, "clips"), { query: { label: label(), limit: 48, cursor } });

function again() {
  at("more").hidden = true;
  return fill(at("grid"), first, "cards");
}

async function first() {
  const wanted = label();
  const found = await page();
  if (label() !== wanted) return; // another was chosen meanwhile
  const grid = make("ul", { class: "hits", id: "tiles", "aria-label": "Clips" }, found.clips.map(tile));
  at("grid").replaceChildren(found.clips.length ? grid : template("empty"));
  ends(found);
}

function more() {
  at("more").hidden = true; // until that page is here: it is asked for once
  fill(at("rest"), async () => {
    const tiles = at("tiles");
    const found = await page(next);
    at("rest").replaceChildren();
    if (!tiles.isConnected) return; // another label was chosen meanwhile
    tiles.append(...found.clips.map(tile));
    ends(found);
  }, "cards");
}

function ends(found) {
  next = found.next;
  at("more").hidden = !next;
}

function tile(clip) {
  const item = template("tile");
  tell(item, { label: called(clip), facts: [clip.media_type.split("/")[0], seconds(clip.duration_s)].join(" · ") });
  item.querySelector("img").src = picture(clip);
  item.querySelector("a").href = place(clip);
  return item;
}
