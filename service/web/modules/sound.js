/** Pictures of sound: how loud it is as height, how bright it sounds as colour. */

import { ask } from "./api.js";

const BARS = 56;
/** The part of a drawing's width that is left free on each side. */
export const EDGE = 2 / (BARS + 4);
let context;

/** The bars of the sound of a file, or of a clip at an address; null where there is none that the browser can decode. */
export async function bars(clip) {
  context ??= new OfflineAudioContext(1, 1, 22050);
  try {
    const bytes = await (clip instanceof Blob ? clip : await fetch(clip)).arrayBuffer();
    const sound = await context.decodeAudioData(bytes);
    return measure(sound.getChannelData(0));
  } catch {
    return null;
  }
}

function measure(samples) {
  const step = Math.max(1, Math.floor(samples.length / BARS));
  const found = Array.from({ length: BARS }, (_, i) => stretch(samples, i * step, Math.min((i + 1) * step, samples.length)));
  const loudest = Math.max(...found.map((bar) => bar.loud), 1e-4);
  return found.map(({ loud, bright }) => ({ height: (loud / loudest) ** 0.8, bright }));
}

/** Loudness, and how bright: the rate at which the wave changes over its size, which grows with pitch. */
function stretch(samples, start, end) {
  let energy = 0;
  let change = 0;
  for (let i = start + 1; i < end; i += 1) {
    energy += samples[i] ** 2;
    change += (samples[i] - samples[i - 1]) ** 2;
  }
  const count = Math.max(end - start, 1);
  return { loud: Math.sqrt(energy / count), bright: energy ? Math.min(1, Math.sqrt(change / energy) * 1.6) : 0 };
}

/** The same of a clip of a gallery, as the service has measured it, and how long it is; null where it has no sound. */
export async function waveform(address) {
  try {
    const { peaks, duration_s } = await ask(address);
    const step = peaks.length / BARS;
    const found = Array.from({ length: BARS }, (_, i) => height(peaks.slice(Math.floor(i * step), Math.max(Math.floor((i + 1) * step), Math.floor(i * step) + 1))));
    const loudest = Math.max(...found, 1e-4);
    return { bars: found.map((each) => ({ height: (each / loudest) ** 0.8, bright: 0 })), duration_s };
  } catch {
    return null;
  }
}

const height = (peaks) => peaks.reduce((sum, [low, high]) => sum + high - low, 0) / Math.max(peaks.length, 1);

/** Draw bars around `middle`, the tallest `most` of the canvas; faint are those outside `within` (0 to 1), and in it after `played`. */
export function draw(canvas, found, { played = 1, middle = 0.5, most = 0.66, within: [from, to] = [0, 1] } = {}) {
  const scale = window.devicePixelRatio || 1;
  canvas.width = canvas.clientWidth * scale;
  canvas.height = canvas.clientHeight * scale;
  const pen = canvas.getContext("2d");
  const room = canvas.width / (BARS + 4);
  const end = from + (to - from) * played;
  found.forEach(({ height, bright }, i) => {
    const at = (i + 0.5) / BARS;
    const tall = Math.max(height * canvas.height * most, room * 0.6);
    pen.globalAlpha = at < from || at > to ? 0.22 : at <= end ? 1 : 0.45;
    pen.fillStyle = `hsl(${238 + bright * 140} ${62 + bright * 22}% ${60 + bright * 4}%)`;
    pen.beginPath();
    pen.roundRect((i + 2.2) * room, canvas.height * middle - tall / 2, room * 0.6, tall, room * 0.3);
    pen.fill();
  });
}
