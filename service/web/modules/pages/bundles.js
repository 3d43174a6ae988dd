/** Bundles: what there is, who uses it, and a new one. */

import { link } from "../address.js";
import { gauges, senses, users } from "../admin/bundles.js";
import { ask, form, upload } from "../api.js";
import { asked } from "../dialogs.js";
import { at, make, template } from "../dom.js";
import { bytes, count, percent } from "../format.js";
import { session } from "../key.js";
import { rights, tell } from "../slots.js";
import { fill, show } from "../states.js";

const place = (name) => link(`/bundles/${name}`);

async function open() {
  const [{ bundles }, { galleries }, who] = await Promise.all([ask("/v1/bundles"), ask("/v1/galleries"), session()]);
  const facts = rights(who);
  tell(at("head"), facts);
  if (bundles.length) at("content").replaceChildren(make("ul", { class: "plates" }, bundles.map((each) => card(each, galleries))));
  else show(at("content"), "empty", { title: "No bundle yet.", detail: "A bundle is what training makes: the model that a gallery is embedded with.", actions: facts.all ? [{ label: "Add one", run: bring }] : [] });
}

function card(bundle, galleries) {
  const item = template("card");
  tell(item, { ...bundle, ways: count(bundle.routes.length, "way"), size: bytes(bundle.size_bytes) });
  item.querySelector("a").href = place(bundle.name);
  item.querySelector(".badges").append(...users(bundle.name, galleries));
  item.querySelector(".gauges").append(...gauges(bundle.evaluation));
  // A card without them still leads on.
  ask(`/v1/bundles/${bundle.name}`).then((whole) => tell(item, senses(whole)), () => {});
  return item;
}

async function bring() {
  const onProgress = (part) => {
    at("sent").style.setProperty("--part", part);
    tell(at("add"), { sent: part < 1 ? `${percent(part)} sent` : "Checking it, and trying it on numbers…" });
  };
  onProgress(0);
  const send = ({ file }) => upload("/v1/bundles", form({ file: file.files[0] }), { onProgress });
  const made = await asked("add", { sent: "" }, send);
  if (made) location.assign(place(made.name));
}

at("add-file").addEventListener("change", ({ target: { files } }) => files[0] && tell(at("add"), { sent: bytes(files[0].size), said: "" }));
at("bring").addEventListener("click", bring);
fill(at("content"), open, "cards");
