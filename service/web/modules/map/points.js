/** The points of a map, and which of them is where. */

const CELLS = 64;

/** Points {kind, of, x, y, window} of an answer, mixed so that no class covers another. */
export function pointsOf({ classes, windows }) {
  const mixed = [...windows].sort((one, other) => mix(one.window_id) - mix(other.window_id));
  const clips = mixed.flatMap((window) => ["video", "audio"].flatMap((kind) => (window[kind] ? [point(kind, window.of, window[kind], window)] : [])));
  return [...clips, ...classes.flatMap(({ text }, index) => (text ? [point("text", index, text, null)] : []))];
}

const mix = (id) => Math.imul(id, 2654435761) >>> 0;
const point = (kind, index, [x, y], window) => ({ kind, of: index, x, y, window });

/** Cells of the plane, to look into instead of at every point. */
export function grid(points) {
  const cells = new Map();
  const cell = (value) => Math.floor(((value + 1) / 2) * CELLS);
  for (const each of points) {
    const key = cell(each.y) * 1000 + cell(each.x);
    if (cells.has(key)) cells.get(key).push(each);
    else cells.set(key, [each]);
  }
  return {
    /** The nearest point within `reach` that `accepted` allows, or null. */
    nearest(x, y, reach, accepted) {
      let [best, least] = [null, reach * reach];
      for (let row = cell(y - reach); row <= cell(y + reach); row += 1) {
        for (let column = cell(x - reach); column <= cell(x + reach); column += 1) {
          for (const each of cells.get(row * 1000 + column) ?? []) {
            const far = (each.x - x) ** 2 + (each.y - y) ** 2;
            if (far <= least && accepted(each)) [best, least] = [each, far];
          }
        }
      }
      return best;
    },
  };
}
