/** Classify. */

import { at } from "../dom.js";
import { show } from "../states.js";

show(at("content"), "empty", { title: "Nothing to see yet.", detail: "This page is being built." });
