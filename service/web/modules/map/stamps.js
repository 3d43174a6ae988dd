/** Points as stamps: their pixels, made once and put where they belong, so that ten thousand are drawn in a frame. */

const FAINT = 0.16;

/** By class, first faint and then plain, each for sound and pictures; hollow where the class was not seen. */
export function stampsOf({ classes, colours }, radius, { ground, width }) {
  const side = Math.ceil(2 * radius) + 4;
  const pen = new OffscreenCanvas(4 * side, side * classes.length).getContext("2d", { willReadFrequently: true });
  pen.fillStyle = ground;
  pen.fillRect(0, 0, 4 * side, side * classes.length);
  classes.forEach(({ seen }, row) => [0, 1, 2, 3].forEach((column) => shape(pen, { x: (column + 0.5) * side, y: (row + 0.5) * side, radius, seen, column, colour: colours[row] })));
  const pixels = new Uint32Array(pen.getImageData(0, 0, 4 * side, side * classes.length).data.buffer);
  return { side, stamps: classes.map((_, row) => [0, 1, 2, 3].map((column) => stamp(pixels, { row, column, side, width }))) };
}

function shape(pen, { x, y, radius, seen, column, colour }) {
  pen.fillStyle = pen.strokeStyle = colour;
  pen.globalAlpha = column < 2 ? FAINT : 1;
  pen.lineWidth = Math.max(1.2, radius / 2.2);
  const size = radius - (seen ? 0 : pen.lineWidth / 2);
  pen.beginPath();
  if (column % 2) pen.rect(x - size * 0.9, y - size * 0.9, size * 1.8, size * 1.8);
  else pen.arc(x, y, size, 0, 7);
  seen ? pen.fill() : pen.stroke();
}

/** The pixels that are not ground, by how far each is from the middle in a picture of that width. */
function stamp(pixels, { row, column, side, width }) {
  const [offsets, colours] = [[], []];
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const colour = pixels[(row * side + y) * 4 * side + column * side + x];
      if (colour !== pixels[0]) offsets.push((y - (side >> 1)) * width + x - (side >> 1)), colours.push(colour);
    }
  }
  return { offsets: Int32Array.from(offsets), colours: Uint32Array.from(colours) };
}

/** Put all points of a scene into a picture: first those that are out of favour, then the rest. */
export function strew(image, { points, shown, kinds }, { side, stamps }, { left, top, unit }) {
  const pixels = new Uint32Array(image.data.buffer);
  const half = (side >> 1) + 1;
  pixels.fill(0);
  for (const plain of [false, true]) {
    for (const point of points) {
      if (!point.window || !kinds.has(point.kind) || shown(point) !== plain) continue;
      const [x, y] = [Math.round(left + point.x * unit), Math.round(top + point.y * unit)];
      if (x < half || y < half || x >= image.width - half || y >= image.height - half) continue;
      press(pixels, y * image.width + x, stamps[point.of][(plain ? 2 : 0) + (point.kind === "audio" ? 0 : 1)]);
    }
  }
}

function press(pixels, at, { offsets, colours }) {
  for (let each = 0; each < offsets.length; each += 1) pixels[at + offsets[each]] = colours[each];
}
