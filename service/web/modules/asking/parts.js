/** What a search asks with beside the words in its field: clips, windows, further words, each with a weight. */

const WEIGHED = /^(.*?)(?:\*(-?\d+(?:\.\d+)?))?$/s;

/** The parameters of the address that hold parts: `also` words, clips, windows of clips, and clips from somebody's disk. */
export const KINDS = ["also", "clip", "window", "upload"];

/** A parameter as a part: of `clip`, "4f2a*-0.5" is the clip 4f2a, which counts against a hit, half. */
export function read(kind, said) {
  const [, value, weight] = WEIGHED.exec(said);
  return { kind, value, weight: Number(weight ?? 1) };
}

export const written = ({ kind, value, weight }) => (weight === 1 && kind !== "also" ? value : `${value}*${weight}`);

/** The window of a hit: its number, its clip, and where in it it begins, which a picture of it needs. */
export const window = ({ window_id, clip, window: { start_s } }, weight) => ({ kind: "window", value: `${window_id}.${clip}.${start_s}`, weight });

/** The number of a window, its clip, and its second. */
export function placed({ kind, value }) {
  if (kind !== "window") return { clip: value, start_s: null };
  const [number, clip, ...start] = value.split(".");
  return { number: Number(number), clip, start_s: Number(start.join(".")) };
}

/** Whether it is to be seen or heard, and so has to be asked with its sound or its pictures. */
export const isClip = ({ kind }) => kind !== "also";

/** Those that count: not what weighs nothing, and not a clip that is on another's disk. */
export const counting = (parts) => parts.filter(({ kind, file, weight }) => weight && (kind !== "upload" || file));

/** What a further example weighs against a search: a half, or half of what is left, so that something is left to look for. */
export function lessThan({ parts }) {
  const left = parts.reduce((sum, { weight }) => sum + weight, 0) || 1;
  return -Math.min(0.5, Math.max(0.1, Math.floor(5 * left) / 10));
}
