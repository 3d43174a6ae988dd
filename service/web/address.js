/** The search that the page's address holds, so that it can be shared, reloaded and gone back to. */

const CHOICES = ["video", "audio", "av"];

export function read() {
  const query = new URLSearchParams(location.search);
  const to = query.get("to");
  return { text: query.get("text")?.trim() ?? "", to: CHOICES.includes(to) ? to : "video", gallery: query.get("gallery") };
}

export function link({ text, to, gallery }) {
  const query = new URLSearchParams(text ? { text, to } : {});
  if (gallery) query.set("gallery", gallery);
  return query.size ? `/?${query}` : "/";
}

export function write(search) {
  if (link(search) !== location.pathname + location.search) history.pushState(null, "", link(search));
}
