/** A result as a card: what was found, how near it is, and what can be asked of it. */

import { link } from "../address.js";
import { make, template } from "../dom.js";
import { seconds, span } from "../format.js";
import { isPart, moments } from "./moments.js";
import { pictureOf } from "./shape.js";

const LOOKS = { video: "seeing", audio: "sounding", av: "both" };
const SOUND = { missing: "no sound", silent: "silent", damaged: "sound damaged" };
const PICTURES = { damaged: "pictures damaged" };

/** `item.detail` is what its events tell, and `item.hit` what it shows. */
export function card(hit, { to, scale, can }) {
  const item = template("hit");
  const kind = hit.clip.media_type.split("/")[0];
  const look = { video: LOOKS[to], image: "seeing" }[kind] ?? "sounding";
  const label = hit.clip.labels.join(", ") || hit.clip.name;
  item.classList.add(look);
  item.classList.toggle("compared", !scale.isCalibrated);
  item.classList.toggle("unlikely", scale.isUnlikely(hit));
  Object.assign(item, { hit, label, kind, detail: detailOf(hit, { label, seen: hasPicture(hit, kind) }) });
  tell(item, { hit, label, kind, scale });
  if (look !== "sounding" && item.detail.thumbnail) item.querySelector(".stage").prepend(picture(item.detail.thumbnail));
  else item.querySelector(".stage").prepend(make("canvas", { "aria-hidden": "true" }));
  moments(item, hit, { scale, isWithin: can.isWithin });
  offer(item, { hit, can });
  return item;
}

function tell(item, { hit, label, kind, scale }) {
  const where = kind === "image" ? "Image" : [stretch(hit), ...lacks(hit.window)].join(" · ");
  item.querySelector(".label").textContent = item.querySelector(".label").title = label;
  Object.assign(item.querySelector(".where"), { textContent: where, title: hit.clip.name });
  item.querySelector(".bar").style.setProperty("--part", scale.part(hit));
  Object.assign(item.querySelector(".number"), { textContent: scale.said(hit), title: scale.told(hit) });
  item.querySelector(".play").setAttribute("aria-label", `${kind === "image" ? "Look at" : "Play"} ${label}, ${where}, ${scale.told(hit)}`);
}

/** Where in its clip a window is: 0–3.2 s, 5.0–15.0 s of 42 s. */
const stretch = (hit) => span(hit.window) + (isPart(hit) ? ` of ${seconds(hit.clip.duration_s)}` : "");

/** Only what there is a way for: examples, the other sense of what was found, why. */
function offer(item, { hit, can }) {
  const ways = Object.fromEntries([...item.querySelectorAll("[data-way]")].map((each) => [each.dataset.way, each]));
  const across = counterpart(item, hit, can.routes);
  ways.like.hidden = ways.unlike.hidden = !can.like;
  ways.counterpart.hidden = !across;
  ways.open.href = link(hit.clip.media.replace(/^\/v1(.*)\/media$/, "$1"));
  if (across) Object.assign(item.detail, across);
  ways.counterpart.title = across?.to === "audio" ? "Find its sound" : "Find its picture";
  for (const way of Object.values(ways)) way.setAttribute("aria-label", `${way.title}: ${item.label}`);
}

/** From what was found to its other sense; of a window without the one, from the other. */
function counterpart(item, { window: { absent } }, routes) {
  const [from, to] = item.classList.contains("sounding") ? ["audio", "video"] : ["video", "audio"];
  return !absent[from] && routes.includes(`${from}->${to}`) ? { from, to } : null;
}

const picture = (src) => make("img", { class: "poster", alt: "", src, loading: "lazy", decoding: "async" });

const hasPicture = ({ window }, kind) => kind === "image" || (kind === "video" && !window.absent.video);

/** Why a window has no sound, or no pictures though it is a video. */
const lacks = ({ absent }) => [SOUND[absent.audio], PICTURES[absent.video]].filter(Boolean);

function detailOf(hit, { label, seen }) {
  const { clip, window, window_id } = hit;
  const thumbnail = seen ? pictureOf(hit) : null;
  return { clip: clip.id, window: { start_s: window.start_s, end_s: window.end_s }, window_id, label, thumbnail, media: clip.media, media_type: clip.media_type };
}
