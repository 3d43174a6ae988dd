/** One gallery: its clips, generations, figures and upkeep. */

import { parameters, part, write } from "../address.js";
import { ask } from "../api.js";
import { at, template } from "../dom.js";
import { count } from "../format.js";
import * as adding from "../galleries/adding.js";
import * as clips from "../galleries/clips.js";
import * as figures from "../galleries/figures.js";
import * as generations from "../galleries/generations.js";
import * as upkeep from "../galleries/upkeep.js";
import { of, stay } from "../galleries.js";
import { session } from "../key.js";
import { rights, tell } from "../slots.js";
import { fill } from "../states.js";

const VIEWS = { clips, generations, figures, upkeep };
const name = part(1);
let known = null;

async function open() {
  const who = await session();
  known = { ...rights(who), changed };
  await look();
  const whole = template("whole");
  for (const each of [whole, at("head")]) tell(each, known);
  at("actions").hidden = false;
  at("content").replaceChildren(whole);
  whole.querySelector(".views").addEventListener("change", ({ target: { value } }) => see(write({ view: value === "clips" ? null : value })));
  adding.start(known);
  see();
}

async function look() {
  known.gallery = await ask(of(name));
  const { clips: held, bundle, generation } = known.gallery;
  at("about").textContent = [count(held, "clip"), bundle, `generation ${generation}`].join(" · ");
}

/** What is shown is another by now. */
const changed = () => look().then(see, see);

function see() {
  const chosen = VIEWS[parameters().get("view")] ? parameters().get("view") : "clips";
  for (const each of document.querySelectorAll("[data-view]")) {
    each.hidden = each.dataset.view !== chosen;
    if (!each.hidden) VIEWS[chosen].open(each, known);
  }
  document.querySelector(`.views [value=${chosen}]`).checked = true;
}

stay(name);
at("title").textContent = name;
document.title = `${name} · Sightsound`;
addEventListener("popstate", see);
fill(at("content"), open, "cards");
