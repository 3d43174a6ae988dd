/** Clips as something to look at, and where they are. */

import { link } from "../address.js";
import { view } from "../searches.js";

const LACKS = {
  audio: { missing: "no sound", silent: "silent", damaged: "sound damaged" },
  video: { missing: "no pictures", damaged: "pictures damaged" },
};

/** A still picture of a clip: what it shows, or the shape of its sound. */
export const picture = (clip) => view(clip, clip.senses.includes("video") ? "thumbnail" : "waveform.svg");

/** The page of a clip, from one of its seconds on. */
export const place = ({ media }, at = null) => link(media.replace(/^\/v1|\/media$/g, ""), { at });

/** What a clip is called where there is room for a line. */
export const called = ({ labels, name }) => labels.join(", ") || name;

/** What a clip or a window of it lacks, in words. */
export const lacks = ({ absent }) => Object.entries(absent).map(([sense, why]) => LACKS[sense][why] ?? `${sense} ${why}`);
