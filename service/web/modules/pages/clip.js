/** One clip: seen and heard, searched with, told of in other words, handed on, and deleted. */

import { link, parameters, part } from "../address.js";
import { ask, tagged } from "../api.js";
import { edit, unchanged } from "../clip/editing.js";
import { watch } from "../clip/watching.js";
import { asked } from "../dialogs.js";
import { at, template } from "../dom.js";
import { bytes, count, moment, seconds } from "../format.js";
import { called, lacks } from "../galleries/views.js";
import { of, stay } from "../galleries.js";
import { session } from "../key.js";
import { rights, tell } from "../slots.js";
import { fill } from "../states.js";

const [gallery, id] = [part(1), part(3)];
const path = of(gallery, "clips", id);
let clip = null;

async function open() {
  const [seen, { routes, channels }, who] = await Promise.all([tagged(path), ask(of(gallery)), session()]);
  const may = rights(who);
  at("content").replaceChildren(template("whole"));
  told(seen.answer);
  const ways = searches(routes);
  for (const each of [at("head"), at("content")]) tell(each, { ...may, ...facts(), ...ways, alike: Object.keys(ways).length, named: channels.some((each) => senses().includes(each)) });
  at("download").href = clip.media;
  at("download").hidden = false;
  at("classify").href = link("/classify", { gallery, clip: id });
  edit(path, seen, { may: may.ingest, onKnown: told });
  watch(clip, Number(parameters().get("at")) || 0);
}

/** What it can be compared by. */
const senses = () => [...clip.senses, ...(clip.senses.length > 1 ? ["av"] : [])];

/** The routes that it can be a query of, as facts; each leads to its search. */
function searches(routes) {
  const mine = routes.filter((each) => senses().includes(each.split("->")[0]) && !each.endsWith("->text"));
  for (const each of at("ways").querySelectorAll("[data-route]")) {
    const [from, to] = each.dataset.route.split("->");
    each.href = link("/", { gallery, clip: id, to, from });
  }
  return Object.fromEntries(mine.map((each) => [each, true]));
}

function facts() {
  const { media_type: kind, duration_s: length, size_bytes: size, added_at: added, windows } = clip;
  const told = { length: seconds(length), size: bytes(size), added: moment(added), lacks: lacks(clip).join(", ") };
  return { ...clip, ...told, timed: !kind.startsWith("image/"), many: windows.length > 1, windows: count(windows.length, "window") };
}

/** What it is called may change. */
function told(now) {
  clip = now;
  const { name, media_type: kind, duration_s: length } = clip;
  const what = kind.startsWith("image/") ? ["image"] : [clip.senses.includes("video") ? "video" : "sound", seconds(length)];
  at("title").textContent = called(clip);
  at("about").textContent = [...(clip.labels.length ? [name] : []), ...what, `gallery ${gallery}`].join(" · ");
  at("download").download = name;
  document.title = `${called(clip)} · Sightsound`;
}

/** Where the browser lets no script copy, the address is there to be copied by hand. */
async function copy() {
  const address = new URL(location.pathname, location.href).href;
  const isCopied = await Promise.resolve().then(() => navigator.clipboard.writeText(address)).then(() => true, () => false);
  at("address").value = address;
  at("address").hidden = isCopied;
  at("said").textContent = isCopied ? "The link is copied." : "The link is there to be copied.";
  if (isCopied) at("copy").lastElementChild.textContent = "Copied";
  else at("address").select();
}

/** Only what was seen is deleted. */
async function remove() {
  const go = () => unchanged(path, (headers) => ask(path, { method: "DELETE", headers })).then(() => true);
  if (!(await asked("remove-clip", { name: called(clip) }, go))) return;
  globalThis.onbeforeunload = null;
  location.assign(at("back").href);
}

stay(gallery);
at("back").href = link(`/galleries/${gallery}`, { gallery });
at("copy").addEventListener("click", copy);
at("remove").addEventListener("click", remove);
fill(at("content"), open, "chart");
