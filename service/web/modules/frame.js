/** What every page has around it: the gallery, who asks, the look, and the keyboard. */

import { link, parameters } from "./address.js";
import { at } from "./dom.js";
import * as galleries from "./galleries.js";
import { session, signIn, signOut } from "./key.js";
import * as shortcuts from "./shortcuts.js";
import * as theme from "./theme.js";

/** The gallery goes along to every page. */
function carry() {
  for (const each of document.querySelectorAll("a[data-carry]")) each.href = link(each.pathname);
}

async function offerGalleries() {
  const [names, chosen] = await Promise.all([galleries.names(), galleries.chosen()]);
  at("gallery").replaceChildren(...names.map((name) => new Option(name, name, false, name === chosen)));
  at("gallery").hidden = names.length < 2;
  if (parameters().get("gallery")) galleries.keep(chosen);
}

function change({ target: { value } }) {
  galleries.keep(value);
  const asked = parameters();
  asked.set("gallery", value);
  location.assign(`${location.pathname}?${asked}`);
}

/** Who may not do what a page is for is not led there. */
async function tellWho() {
  const { name, scopes } = await session();
  at("who").textContent = name;
  at("sign-out").hidden = !name;
  at("sign-in").hidden = scopes.length > 0;
  for (const each of document.querySelectorAll("a[data-scope]")) each.hidden = !scopes.includes(each.dataset.scope) && !scopes.includes("admin");
}

carry();
shortcuts.start();
theme.start();
offerGalleries().catch(() => {});
tellWho().catch(() => {});
at("gallery").addEventListener("change", change);
at("sign-in").addEventListener("click", () => signIn().then(() => location.reload(), () => {}));
at("sign-out").addEventListener("click", signOut);
document.addEventListener("session", () => tellWho().catch(() => {}));
