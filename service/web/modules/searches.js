/** What the page of searches asks: a gallery, hits for words or a clip, and what a clip is. */

import { ask } from "./api.js";
import { of } from "./galleries.js";

const K = 20;

export const gallery = (name) => ask(of(name));

/** Where a clip is as something to look at: its `preview`, `thumbnail` or `waveform`. */
export const view = ({ media }, what) => media.replace(/media$/, what);

export const searchByWords = (name, { text, to, k = K }, signal) => ask(of(name, "search"), { query: { text, to, k }, signal });

export const searchByClip = (name, { file, from, to }, signal) => ask(of(name, "search"), { form: { file, from, to, k: K }, signal });

export const classify = (name, { file, classes }, signal) => ask("/v1/classify", { form: { file, gallery: name, classes, k: 5 }, signal });
