/** What of the plane is seen, and the hand that moves it: drag, wheel, pinch, buttons and keys.
 *
 * A page that is scrolled goes on scrolling over it: the wheel, and one finger, are the map's once it was pressed.
 */

const NEAREST = 60;
const STEP = 60;
const KEYS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** A camera of a canvas: `toScreen` and `toPlane`; `pointed(x, y)`, `pressed()`, `moved(byKey)` and `passed()`, by a wheel, as they happen. */
export function camera(canvas, { moved, pointed, pressed, passed, key }) {
  const see = { x: 0, y: 0, near: 1 };
  const unit = () => (Math.min(canvas.clientWidth, canvas.clientHeight) / 2) * 0.9 * see.near;
  const middle = () => [canvas.clientWidth / 2, canvas.clientHeight / 2];
  const toPlane = (x, y) => [see.x + (x - middle()[0]) / unit(), see.y + (y - middle()[1]) / unit()];
  const toScreen = ({ x, y }) => [middle()[0] + (x - see.x) * unit(), middle()[1] + (y - see.y) * unit()];
  const pan = (x, y) => ((see.x = held(see.x - x / unit())), (see.y = held(see.y - y / unit())));
  const zoom = (by, x = middle()[0], y = middle()[1]) => {
    const [from, down] = toPlane(x, y);
    see.near = Math.min(NEAREST, Math.max(0.7, see.near * by));
    const [to, lower] = toPlane(x, y);
    Object.assign(see, { x: held(see.x + from - to), y: held(see.y + down - lower) });
    moved();
  };
  const whole = () => (Object.assign(see, { x: 0, y: 0, near: 1 }), moved());
  listen(canvas, { pan, zoom, moved, pointed, pressed });
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey && document.activeElement !== canvas) return passed();
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY);
  }, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const way = KEYS[event.key];
    if (way) pan(way[0] * STEP, way[1] * STEP), moved(true);
    else if ("+=".includes(event.key)) zoom(1.4), moved(true);
    else if ("-_".includes(event.key)) zoom(1 / 1.4), moved(true);
    else if (event.key === "0") whole();
    else if (!key(event.key)) return;
    event.preventDefault();
  });
  return { see, unit, middle, toPlane, toScreen, zoom, whole };
}

const held = (value) => Math.min(1.3, Math.max(-1.3, value));

function listen(canvas, { pan, zoom, moved, pointed, pressed }) {
  const down = new Map();
  let travelled = 0;
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    down.set(event.pointerId, event);
    travelled = down.size > 1 ? Infinity : 0;
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = down.get(event.pointerId);
    if (!before) return pointed(event.offsetX, event.offsetY);
    const [x, y] = [event.offsetX - before.offsetX, event.offsetY - before.offsetY];
    const other = [...down.values()].find((each) => each !== before);
    down.set(event.pointerId, event);
    travelled += Math.hypot(x, y);
    if (other) return pinched(zoom, before, event, other);
    pan(x, y);
    moved();
  });
  const up = (event) => {
    if (!down.delete(event.pointerId) || event.type !== "pointerup" || travelled > 6) return;
    canvas.focus({ preventScroll: true });
    pointed(event.offsetX, event.offsetY, event.pointerType);
    pressed(event.pointerType);
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
}

function pinched(zoom, before, now, other) {
  const far = ({ offsetX, offsetY }) => Math.hypot(offsetX - other.offsetX, offsetY - other.offsetY);
  zoom(far(now) / Math.max(1, far(before)), (now.offsetX + other.offsetX) / 2, (now.offsetY + other.offsetY) / 2);
}
