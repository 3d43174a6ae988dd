/** The two sides that were compared: what was asked with, and what was found. */

import { make } from "../dom.js";
import { count, span } from "../format.js";
import { isPlaying, play, stop } from "../player.js";
import { view } from "../searches.js";
import { bars, draw, waveform } from "../sound.js";

export function found({ hit, detail, kind, classList }) {
  const sounding = classList.contains("sounding");
  const seen = sounding ? null : detail.thumbnail;
  const wave = () => waveform(view(hit.clip, "waveform"));
  const screen = stage({ src: kind === "image" ? null : view(hit.clip, "preview"), seen, wave, window: hit.window });
  return side("Found", screen, kind === "image" ? "An image" : span(hit.window));
}

/** Words as words; of several parts the first, as it would be too much; of a clip its nearest window. */
export function asked(search, { query_windows: windows, query_window_count: many }, { item, signal }) {
  const [part, ...more] = search?.parts?.filter(({ weight }) => weight) ?? [];
  const further = more.length + (search?.text && part ? 1 : 0);
  const beside = further ? ` and ${count(further, "thing")} more` : "";
  if (!part || (search.text && part.weight < 0)) return side("Asked", make("blockquote", { text: search?.text || "the same search" }), beside && `Words${beside}`);
  if (part.kind === "also") return side("Asked", make("blockquote", { text: part.value }), `Words${beside}`);
  const nearest = windows?.[0];
  const which = many > 1 ? `, the nearest of its ${many} windows` : "";
  return side("Asked", screen(part, nearest, { search, item, signal }), [nearest && `${span(nearest)}${which}`, beside].filter(Boolean).join(" "));
}

/** A clip from the disk, held until `signal` aborts, or one of the gallery, at the window that is nearest to what was found. */
function screen({ file, kind, value }, window, { search, item, signal }) {
  const whole = window ?? { start_s: 0, end_s: Infinity };
  if (file) {
    const src = URL.createObjectURL(file);
    signal.addEventListener("abort", () => URL.revokeObjectURL(src));
    const isImage = file.type.startsWith("image/");
    const wave = async () => ({ bars: await bars(file), duration_s: null });
    return stage({ src: isImage ? null : src, seen: isImage ? src : null, wave, window: whole, pictures: search.from !== "audio" || file.type.startsWith("video/") });
  }
  const [, id, start = "0"] = kind === "window" ? /^\d+\.([^.]+)\.?(.*)$/.exec(value) : [null, value];
  const clip = { media: item.hit.clip.media.replace(/[^/]+\/media$/, `${encodeURIComponent(id)}/media`) };
  const seen = search.from === "audio" ? null : view(clip, `thumbnail?at_s=${window?.start_s ?? start}`);
  return stage({ src: view(clip, "preview"), seen, wave: () => waveform(view(clip, "waveform")), window: whole });
}

const side = (title, screen, caption) => make("figure", { class: "side" }, make("h3", { text: title }), screen, make("figcaption", { text: caption }));

function stage({ src, seen, wave, window, pictures = Boolean(seen) }) {
  const place = make("div", { class: "stage" });
  if (seen) place.append(make("img", { class: "poster", alt: "", src: seen }));
  else paint(place, wave, window);
  if (src) place.append(button(place, { src, window, pictures }));
  return place;
}

async function paint(place, wave, { start_s, end_s }) {
  const canvas = place.appendChild(make("canvas", { "aria-hidden": "true" }));
  const shape = await wave();
  if (!shape?.bars) return;
  const whole = shape.duration_s;
  const within = whole ? [start_s / whole, Math.min(1, end_s / whole)] : [0, 1];
  // It has a size once it is in the page, and another one when that is turned.
  new ResizeObserver(() => canvas.clientWidth && draw(canvas, shape.bars, { within })).observe(canvas);
}

function button(place, what) {
  const found = make("button", { class: "play", type: "button", "aria-label": "Play", "aria-pressed": "false" });
  const tell = (on) => {
    place.classList.toggle("loud", on);
    found.setAttribute("aria-pressed", String(on));
  };
  place.hear = (window) => {
    stop(place);
    tell(true);
    play(place, { ...what, window, loud: true }, { onEnd: () => tell(false), onMoment: (part) => place.style.setProperty("--played", part || 0) });
  };
  found.addEventListener("click", () => (isPlaying(place) ? stop(place) : place.hear(what.window)));
  return found;
}
