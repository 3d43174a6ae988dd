/** A search for a friend: its address, with the gallery that is meant. */

import { parameters } from "../address.js";
import { form, upload } from "../api.js";
import { at } from "../dom.js";
import { of } from "../galleries.js";
import { session } from "../key.js";

const HERE = /^(localhost|127\.|\[::1)/;

/** Copy the link, or hand it to the phone's own way of sharing; say what of the search it does not hold. */
export async function share({ parts }, gallery) {
  const query = parameters();
  query.set("gallery", gallery);
  const url = `${location.origin}/?${query}`;
  if (navigator.share && matchMedia("(pointer: coarse)").matches) return navigator.share({ title: document.title, url }).catch(() => {});
  const copied = await copy(url);
  at("shared").querySelector("[data-when=shown]").textContent = url;
  const file = parts.some((each) => each.file);
  tell({ copied, shown: !copied, upload: file, here: HERE.test(location.hostname), keepable: file && (await mayAdd()) });
}

/** Add a clip from the disk to the gallery, which has it as a part of a search from then on. */
export async function keep({ file, weight }, gallery) {
  const { id } = await upload(of(gallery, "clips"), form({ file }));
  return { kind: "clip", value: id, weight };
}

export function tell(holds) {
  for (const each of at("shared").children) each.hidden = !holds[each.dataset.when];
}

const mayAdd = async () => (await session()).scopes.some((each) => ["ingest", "admin"].includes(each));

/** Whether the browser let it be copied; it does over https, and on this machine. */
const copy = (url) => Promise.resolve().then(() => navigator.clipboard.writeText(url)).then(() => true, () => false);
