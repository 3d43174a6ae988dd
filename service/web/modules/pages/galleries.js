/** Galleries: what there is, at a glance; a new one, or one of an archive. */

import { link } from "../address.js";
import { ask, form, upload } from "../api.js";
import { asked } from "../dialogs.js";
import { at, make, template } from "../dom.js";
import { bytes, count, percent } from "../format.js";
import { picture } from "../galleries/views.js";
import { of } from "../galleries.js";
import { session } from "../key.js";
import { rights, tell } from "../slots.js";
import { fill, show } from "../states.js";

const PICTURES = 4;
const place = (name) => link(`/galleries/${name}`, { gallery: name });

async function open() {
  const [{ galleries }, who] = await Promise.all([ask("/v1/galleries"), session()]);
  tell(at("head"), rights(who));
  at("actions").hidden = false;
  if (galleries.length) at("content").replaceChildren(make("ul", { class: "hits galleries" }, galleries.map(card)));
  else show(at("content"), "empty", { title: "No gallery yet.", detail: "A gallery holds the clips that are searched together." });
}

function card(gallery) {
  const item = template("card");
  const holds = [count(gallery.clips, "clip"), count(Object.keys(gallery.labels).length, "label")];
  const channels = `Classifies by ${gallery.channels.map((each) => CHANNELS[each]).join(", ")}`;
  tell(item, { ...gallery, holds: holds.join(" · "), channels: gallery.channels.length ? channels : "" });
  item.querySelector("a").href = place(gallery.name);
  look(item, gallery.name, holds).catch(() => {});
  return item;
}

const CHANNELS = { audio: "sound", video: "pictures", av: "both" };

async function look(item, name, holds) {
  const [{ clips }, { media_bytes: size }] = await Promise.all([ask(of(name, "clips"), { query: { limit: 100 } }), ask(of(name, "statistics"))]);
  const some = Array.from({ length: Math.min(PICTURES, clips.length) }, (_, i) => clips[Math.floor((i * clips.length) / PICTURES)]);
  item.querySelector(".stage").append(...some.map((clip) => make("img", { src: picture(clip), alt: "", loading: "lazy" })));
  tell(item, { holds: [...holds, bytes(size)].join(" · ") });
}

async function create() {
  const { bundles } = await ask("/v1/bundles").catch(() => ({ bundles: [] }));
  at("create-bundle").replaceChildren(...bundles.map(({ name }) => new Option(name)));
  const json = ({ name, bundle }) => ({ name: name.value, bundle: bundle.value });
  goTo(await asked("create", {}, (fields) => ask("/v1/galleries", { json: json(fields) })));
}

async function bring() {
  const onProgress = (part) => {
    at("sent").style.setProperty("--part", part);
    tell(at("import"), { sent: part < 1 ? `${percent(part)} sent` : "Checking every byte…" });
  };
  const send = ({ file, name }) => upload("/v1/galleries/import", form({ file: file.files[0], name: name.value }), { onProgress });
  goTo(await asked("import", { sent: "" }, send));
}

const goTo = (made) => made && location.assign(place(made.name));

document.querySelector("[data-open=create]").addEventListener("click", create);
document.querySelector("[data-open=import]").addEventListener("click", bring);
fill(at("content"), open, "cards");
