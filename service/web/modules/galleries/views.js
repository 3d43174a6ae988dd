/** Clips as something to look at. */

import { link } from "../address.js";
import { view } from "../searches.js";

/** A still picture of a clip: what it shows, or the shape of its sound. */
export const picture = (clip) => view(clip, clip.senses.includes("video") ? "thumbnail" : "waveform.svg");

/** The page of searches, with a clip as the query: what goes with it in the other sense. */
export const counterpart = ({ id }, to) => link("/", { clip: id, from: to === "video" ? "audio" : "video", to, view: null });
