/** What a page shows is in its address, so that it can be shared, reloaded and gone back to. */

/** The query of the address. */
export const parameters = () => new URLSearchParams(location.search);

/** A part of the path, the first being 0: of /galleries/demo, part(1) is "demo". */
export const part = (index) => decodeURIComponent(location.pathname.split("/")[index + 1] ?? "");

/** The address of a page with these parameters, and with the gallery that is chosen, unless they name another. */
export function link(path, asked = {}) {
  const query = filled(new URLSearchParams(), { gallery: parameters().get("gallery"), ...asked });
  return query.size ? `${path}?${query}` : path;
}

/** Change parameters of this page's address, a step that Back undoes; empty ones go. */
export function write(changed) {
  move(changed, "pushState");
}

/** The same, without a step. */
export function rewrite(changed) {
  move(changed, "replaceState");
}

function move(changed, how) {
  const query = filled(parameters(), changed);
  const next = query.size ? `${location.pathname}?${query}` : location.pathname;
  if (next !== location.pathname + location.search) history[how](null, "", next);
}

/** Lists become parameters that are there several times. */
function filled(query, asked) {
  for (const [name, value] of Object.entries(asked)) {
    query.delete(name);
    for (const each of [value].flat()) if (each !== null && each !== undefined && each !== "") query.append(name, each);
  }
  return query;
}
