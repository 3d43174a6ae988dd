/** The map on its canvas: points, and over them lines, words and what is picked. */

import { stampsOf, strew } from "./stamps.js";

/** Draw `scene` {points, classes, colours, shown, kinds, picked, joins, landing} as `camera` sees it. */
export function painter(canvas, camera) {
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  let [made, image] = [{}, null];
  return (scene) => {
    const scale = sized(canvas);
    if (!canvas.width || !canvas.height) return; // it is not in the page any more
    const style = getComputedStyle(canvas);
    const ink = { words: style.color, ground: style.backgroundColor, font: `600 12px ${style.fontFamily}`, scale };
    const radius = Math.min(7, 2.6 + Math.round(Math.log2(Math.max(1, camera.see.near)) * 2) / 2);
    const key = [radius, scale, canvas.width, canvas.height, scene.colours.join()].join();
    if (made.key !== key) {
      made = { key, ...stampsOf(scene, radius * scale, { ground: ink.ground, width: canvas.width }), names: scene.classes.map(({ name }) => written(name, ink)) };
      image = pen.createImageData(canvas.width, canvas.height);
    }
    const unit = camera.unit();
    const [left, top] = [camera.middle()[0] - camera.see.x * unit, camera.middle()[1] - camera.see.y * unit];
    strew(image, scene, made, { left: left * scale, top: top * scale, unit: unit * scale });
    pen.putImageData(image, 0, 0);
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    const on = ({ x, y }) => [left + x * unit, top + y * unit];
    lines(pen, on, scene, ink);
    if (scene.kinds.has("text")) words(pen, on, scene, { ink, names: made.names });
    if (scene.picked) ring(pen, on(scene.picked), radius + 4, ink.words);
    if (scene.landing) landed(pen, on, scene, ink);
  };
}

function sized(canvas) {
  const scale = devicePixelRatio || 1;
  const [width, height] = [Math.round(canvas.clientWidth * scale), Math.round(canvas.clientHeight * scale)];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  return scale;
}

/** Sound joined to pictures: of all clips faintly, of the one that is picked plainly. */
function lines(pen, on, { joins, colours, picked }, ink) {
  pen.lineWidth = 1;
  pen.globalAlpha = 0.35;
  for (const each of joins) {
    pen.strokeStyle = colours[each.of];
    stroke(pen, ...ends(each).map(on));
  }
  pen.globalAlpha = 1;
  const { window } = picked ?? {};
  if (!window?.audio || !window.video) return;
  pen.lineWidth = 1.5;
  pen.strokeStyle = ink.words;
  stroke(pen, ...ends(window).map(on));
  for (const each of ends(window)) ring(pen, on(each), 4, ink.words);
}

const ends = ({ audio, video }) => [audio, video].map(([x, y]) => ({ x, y }));

function stroke(pen, from, to) {
  pen.beginPath();
  pen.moveTo(...from);
  pen.lineTo(...to);
  pen.stroke();
}

/** Names of classes where their words lie, as many as have room; the others are diamonds. */
function words(pen, on, { points, classes, colours, shown, picked, landing }, { ink, names }) {
  const taken = landing ? [room(on(landing), 20, 200)] : [];
  for (const point of points) {
    if (point.window || !shown(point)) continue;
    const [x, y] = on(point);
    if (x < 0 || y < 0 || x * ink.scale > pen.canvas.width || y * ink.scale > pen.canvas.height) continue;
    diamond(pen, x, y, colours[point.of], ink, classes[point.of].seen);
    const [width, height] = [names[point.of].width / ink.scale, names[point.of].height / ink.scale];
    const left = x + 8 + width > pen.canvas.width / ink.scale;
    const box = left ? room([x, y], width + 8, 6) : room([x, y], 6, width + 8);
    if (point !== picked && taken.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1])) continue;
    taken.push(box);
    pen.drawImage(names[point.of], Math.round(left ? x - 8 - width : x + 8), Math.round(y - 10), width, height);
  }
}

const room = ([x, y], before, after) => [x - before, y - 9, x + after, y + 9];

/** A name with an edge around it, made once: to draw one takes longer than all points. */
function written(name, { words: colour, ground, font, scale }) {
  const pen = new OffscreenCanvas(1, 1).getContext("2d");
  pen.font = font;
  Object.assign(pen.canvas, { width: Math.ceil((pen.measureText(name).width + 8) * scale), height: 20 * scale });
  pen.scale(scale, scale);
  outlined(pen, name, [3, 10], { words: colour, ground, font });
  return pen.canvas;
}

function diamond(pen, x, y, colour, ink, seen) {
  pen.beginPath();
  [[0, -6], [6, 0], [0, 6], [-6, 0]].forEach(([right, down]) => pen.lineTo(x + right, y + down));
  pen.closePath();
  pen.lineWidth = seen ? 3 : 7;
  pen.strokeStyle = ink.ground;
  pen.stroke();
  pen.fillStyle = seen ? colour : ink.ground;
  pen.fill();
  pen.lineWidth = 2;
  pen.strokeStyle = colour;
  if (!seen) pen.stroke();
}

function outlined(pen, text, at, ink) {
  Object.assign(pen, { font: ink.font, textBaseline: "middle", lineJoin: "round", lineWidth: 4, strokeStyle: ink.ground, fillStyle: ink.words });
  pen.strokeText(text, ...at);
  pen.fillText(text, ...at);
}

function ring(pen, [x, y], radius, colour) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 7);
  pen.lineWidth = 2;
  pen.strokeStyle = colour;
  pen.stroke();
}

/** What was asked, and the points that it stands between. */
function landed(pen, on, { landing }, ink) {
  pen.setLineDash([3, 3]);
  pen.strokeStyle = ink.words;
  pen.lineWidth = 1.2;
  for (const each of landing.near) stroke(pen, on(landing), on(each.point));
  pen.setLineDash([]);
  const [x, y] = on(landing);
  pen.beginPath();
  pen.arc(x, y, 7, 0, 7);
  pen.fillStyle = ink.words;
  pen.fill();
  ring(pen, [x, y], 11, ink.words);
  outlined(pen, landing.name, [x + 17, y], ink);
}
