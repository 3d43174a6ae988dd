/** More results as the last ones come into sight, by the cursor of the answer before. */

import { make } from "../dom.js";
import { count } from "../format.js";
import { more as after } from "../searches.js";

const AHEAD = "900px";
const MANY = 24;

/** Goes on until nothing is left, and stops when the controller that it answers with aborts. */
export function endless(line, answer, { list, add, filters }) {
  const leaving = new AbortController();
  let { cursor } = answer;
  let busy = false;
  const tell = (...words) => line.replaceChildren(...words);
  const all = () => tell(`That is all: ${count(list.querySelectorAll(".hit").length, "result")}.`);
  const more = async () => {
    if (busy || !cursor) return;
    busy = true;
    tell("More results …");
    try {
      const next = await after({ ...answer, cursor }, filters, leaving.signal);
      cursor = next.cursor;
      add(next.hits);
      tell(make("span", { class: "unseen-text", text: `${count(next.hits.length, "more result", "more results")}.` }));
      if (!cursor) all();
    } catch (error) {
      if (error.name !== "AbortError") tell(`${error.message} `, make("button", { class: "quiet", type: "button", text: "Try again", on: { click: again } }));
      return;
    }
    busy = false;
    if (near(line)) more();
  };
  const again = () => {
    busy = false;
    more();
  };
  const sight = new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && more(), { rootMargin: AHEAD });
  leaving.signal.addEventListener("abort", () => sight.disconnect());
  if (cursor) sight.observe(line);
  else if (answer.hits.length > MANY / 2) all();
  return leaving;
}

/** An observer is silent where it stays in sight. */
const near = (line) => line.getBoundingClientRect().top < innerHeight + Number.parseInt(AHEAD, 10);
