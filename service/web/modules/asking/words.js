/** A search in words. */

import { count } from "../format.js";
import { counting } from "./parts.js";

const SENSES = { audio: "sound", video: "pictures", av: "sound and pictures", text: "words" };

/** What was asked with: “a dog”, the sound of “bark.wav”, 3 things together. */
export function asked({ text, parts, from }) {
  if (text) return `“${text}”`;
  const [only, ...more] = counting(parts);
  if (more.length) return `${count(more.length + 1, "thing")} together`;
  if (only.kind === "also") return `“${only.value}”`;
  return `the ${SENSES[from]} of ${only.kind === "upload" ? `“${only.value}”` : "a clip"}`;
}

/** A search as the title of the page. */
export const titled = ({ text, parts: [first] }) => text || (first.kind === "also" || first.kind === "upload" ? first.value : "More like this");

/** A route, where all goes by one: words → pictures. */
export const way = (route) => (route.includes("+") ? "" : `${route.replace(/\w+/g, (name) => SENSES[name] ?? name).replace("->", " → ")} · `);

export const sense = (name) => SENSES[name];
