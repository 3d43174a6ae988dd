/** Figures as people read them; what is not known is a dash. */

const WHOLE = new Intl.NumberFormat("en");
const UNITS = ["bytes", "KB", "MB", "GB", "TB"];
const SPANS = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];
const since = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

const unless = (value, say) => (value === null || value === undefined || Number.isNaN(value) ? "–" : say(value));

/** Three digits that count: 12.3, −0.456. */
export const number = (value) => unless(value, (known) => known.toPrecision(3).replace("-", "−"));

export const whole = (value) => unless(value, (known) => WHOLE.format(known));

/** `count(1, "clip")` is "1 clip", `count(1200, "clip")` "1,200 clips". */
export const count = (value, noun, plural = `${noun}s`) => unless(value, (known) => `${WHOLE.format(known)} ${known === 1 ? noun : plural}`);

/** A part of one: 0.873 is 87 %. */
export const percent = (part, digits = 0) => unless(part, (known) => `${(100 * known).toFixed(digits).replace("-", "−")} %`);

export function seconds(value) {
  return unless(value, (known) => {
    if (known < 1) return `${Math.round(known * 1000)} ms`;
    if (known < 60) return `${known.toFixed(known < 10 ? 1 : 0)} s`;
    if (known < 3600) return `${Math.floor(known / 60)} min ${Math.round(known % 60)} s`;
    return `${Math.floor(known / 3600)} h ${Math.round((known % 3600) / 60)} min`;
  });
}

/** A stretch of a clip: 0–3.2 s. */
export const span = ({ start_s: start, end_s: end }) => `${start ? start.toFixed(1) : 0}–${end.toFixed(1)} s`;

/** A moment of a clip: 0:05, 1:02:03. */
export function clock(at_s) {
  const [hours, minutes, rest] = [at_s / 3600, (at_s / 60) % 60, at_s % 60].map(Math.floor);
  return [...(hours ? [hours, String(minutes).padStart(2, "0")] : [minutes]), String(rest).padStart(2, "0")].join(":");
}

export function bytes(value) {
  return unless(value, (known) => {
    const step = known < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(known) / 10));
    const size = known / 1024 ** step;
    return `${size.toFixed(step && size < 10 ? 1 : 0)} ${UNITS[step]}`;
  });
}

/** How long ago a moment was, as the API tells it: "3 minutes ago". */
export function ago(moment) {
  return unless(moment, (known) => {
    const gone = (new Date(known) - Date.now()) / 1000;
    const [unit, size] = SPANS.find(([, each]) => Math.abs(gone) >= each) ?? ["second", 1];
    return Math.abs(gone) < 5 ? "just now" : since.format(Math.trunc(gone / size), unit);
  });
}

/** A moment in full, for a tooltip: 22 Nov 2026, 10:15. */
export const moment = (value) => unless(value, (known) => new Date(known).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" }));

/** Words of the service as a sentence. */
export const sentence = (words) => words && `${words[0].toUpperCase()}${words.slice(1)}${/[.?!]$/.test(words) ? "" : "."}`;

/** Words of the service with its arrows as people read them: audio → video. */
export const arrows = (words) => words?.replaceAll("->", " → ");
