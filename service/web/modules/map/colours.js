/** A colour for each class: far from each other where there are few, calm where there are many. */

const FEW = 20;
const TURN = 137.5;
const LIGHT = [0.53, 0.66, 0.43];
const DARK = [0.75, 0.87, 0.64];

/** By class. Lightness differs too, for who tells no hues apart; of many classes, near ones are of similar hue. */
export function colours(classes, points, dark) {
  const lights = dark ? DARK : LIGHT;
  const few = classes.length <= FEW;
  const turns = few ? classes.map((_, index) => 40 + index * TURN) : around(classes.length, points);
  return turns.map((hue, index) => `oklch(${lights[index % 3]} ${few ? 0.15 : 0.11} ${hue % 360})`);
}

/** Each class's place by the clock, seen from the middle, evenly spread. */
function around(count, points) {
  const sums = Array.from({ length: count }, () => [0, 0]);
  for (const { of, x, y } of points) (sums[of][0] += x), (sums[of][1] += y);
  const order = sums.map(([x, y], index) => [Math.atan2(y, x), index]).sort(([one], [other]) => one - other);
  const turns = [];
  order.forEach(([, index], place) => (turns[index] = (360 * place) / count));
  return turns;
}

/** Whether the page is dark now; `changed` is told when it turns. */
export function darkness(changed) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => document.documentElement.dataset.theme ?? "system";
  system.addEventListener("change", changed);
  new MutationObserver(changed).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return () => (chosen() === "system" ? system.matches : chosen() === "dark");
}
