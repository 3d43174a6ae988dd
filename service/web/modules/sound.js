/** Pictures of sound: how loud it is as height, how bright it sounds as colour. */

const BARS = 56;
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

/** Draw bars around `middle`, the tallest `most` of the canvas; those after `played` (0 to 1) are faint. */
export function draw(canvas, found, { played = 1, middle = 0.5, most = 0.66 } = {}) {
  const scale = window.devicePixelRatio || 1;
  canvas.width = canvas.clientWidth * scale;
  canvas.height = canvas.clientHeight * scale;
  const pen = canvas.getContext("2d");
  const room = canvas.width / (BARS + 4);
  found.forEach(({ height, bright }, i) => {
    const tall = Math.max(height * canvas.height * most, room * 0.6);
    pen.globalAlpha = i / BARS <= played ? 1 : 0.28;
    pen.fillStyle = `hsl(${238 + bright * 140} ${62 + bright * 22}% ${60 + bright * 4}%)`;
    pen.beginPath();
    pen.roundRect((i + 2.2) * room, canvas.height * middle - tall / 2, room * 0.6, tall, room * 0.3);
    pen.fill();
  });
}
