/** The form that asks where something lands; words are in the address. */

import { parameters, write } from "../address.js";
import { land } from "./landing.js";

export function asking(place, { scene, paint, see }, gallery) {
  const form = place.querySelector(".landing");
  const said = place.querySelector(".landed");
  let current = new AbortController();
  const put = (found) => ((scene.landing = found), found ? see.whole() : paint());
  const ask = (query) => {
    current.abort();
    current = new AbortController();
    said.textContent = "Looking for its neighbours…";
    return landed(query, { gallery, scene, put, signal: current.signal }).then((words) => (said.textContent = words), (error) => refused(said, error));
  };
  const words = (text) => (text ? ask({ text, name: text }) : (current.abort(), put(null), (said.textContent = "")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = form.elements.text.value.trim();
    write({ text });
    words(text);
  });
  form.querySelector("[type=file]").addEventListener("change", ({ target: { files } }) => files[0] && ask({ file: files[0], name: files[0].name }));
  const follow = () => words((form.elements.text.value = parameters().get("text") ?? ""));
  addEventListener("popstate", follow);
  follow();
}

async function landed(query, { gallery, scene, put, signal }) {
  const found = await land(gallery, scene.points, query, signal);
  put(found && { ...found, name: query.name });
  if (!found) return "Nothing of this map is near it.";
  return `“${query.name}” stands between its nearest points, as searches find them: ${neighbours(found, scene)}. Nothing is drawn anew.`;
}

function refused(said, error) {
  if (error.name === "AbortError") return;
  if (!error.said) throw error;
  said.textContent = error.said;
}

/** Of which classes the nearest points are, the most first. */
function neighbours({ near }, { classes }) {
  const counts = new Map();
  for (const { point } of near) counts.set(point.of, (counts.get(point.of) ?? 0) + 1);
  const most = [...counts].sort(([, one], [, other]) => other - one);
  return most.map(([index, times]) => `${classes[index].name} (${times})`).join(", ");
}
