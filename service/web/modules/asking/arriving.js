/** How a clip comes to the page: chosen, dropped anywhere, or pasted. */

import { at } from "../dom.js";

export function start(onFile) {
  const file = at("file");
  file.addEventListener("change", () => {
    const [chosen] = file.files;
    if (chosen) onFile(chosen);
    file.value = "";
  });
  addEventListener("dragover", (event) => holds(event) && veil(event, false));
  addEventListener("dragleave", (event) => event.relatedTarget === null && veil(event, true));
  addEventListener("drop", (event) => holds(event) && (veil(event, true), given(event.dataTransfer, onFile)));
  addEventListener("paste", (event) => given(event.clipboardData, onFile) && event.preventDefault());
}

const holds = ({ dataTransfer }) => dataTransfer?.types.includes("Files");

function veil(event, hidden) {
  event.preventDefault();
  at("veil").hidden = hidden;
}

function given({ files: [first] }, onFile) {
  if (first) onFile(first);
  return Boolean(first);
}
