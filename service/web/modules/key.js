/** Who asks: the service keeps the key in a cookie that no script can read; here it is only handed over. */

import { make } from "./dom.js";
import { Refusal, refusalOf, unreachable } from "./refusal.js";

const SESSION = "/v1/session";
let asking = null;

/** Who asks: {name, scopes, galleries}; nobody has no scopes. */
export async function session() {
  const answer = await reached({});
  if (!answer.ok) throw await refusalOf(answer);
  return answer.json();
}

/** Ask for a key until one counts; whoever asks meanwhile waits for the same. Throws Refusal where it is given up. */
export function signIn() {
  asking ??= asked().finally(() => (asking = null));
  return asking;
}

export async function signOut() {
  await reached({ method: "DELETE" });
  localStorage.removeItem("recent"); // what was asked is of who asked
  location.reload();
}

async function hand(key) {
  const answer = await reached({ method: "POST", headers: { Authorization: `Bearer ${key}` } });
  if (!answer.ok) throw await refusalOf(answer);
}

const reached = (options) =>
  fetch(SESSION, options).catch(() => {
    throw unreachable();
  });

function asked() {
  const dialog = document.body.appendChild(form());
  const said = dialog.querySelector(".said");
  dialog.showModal();
  return new Promise((done, fail) => {
    dialog.addEventListener("submit", (event) => {
      event.preventDefault();
      const key = new FormData(event.target).get("key").trim();
      hand(key).then(() => leave(dialog, done), (error) => (said.textContent = `${error.title} ${error.message}`));
    });
    dialog.addEventListener("close", () => leave(dialog, () => fail(GIVEN_UP())));
  });
}

const GIVEN_UP = () => new Refusal({ title: "A key is needed here.", detail: "Sign in to see what is behind this.", status: 401 });

function leave(dialog, then) {
  then();
  document.dispatchEvent(new Event("session"));
  dialog.remove();
}

function form() {
  const field = { id: "key", name: "key", type: "password", required: true, autocomplete: "current-password", spellcheck: "false", placeholder: "sightsound_…", "aria-describedby": "key-said" };
  return make(
    "dialog",
    { class: "dialog", "aria-labelledby": "key-title" },
    make(
      "form",
      { method: "dialog" },
      make("h2", { id: "key-title", text: "Sign in with a key" }),
      make("p", { text: "Others can reach this service, so it asks who you are. Whoever runs it can make you a key." }),
      make("label", { for: "key", text: "Key" }),
      make("input", field),
      make("p", { class: "said", id: "key-said", role: "alert" }),
      make(
        "div",
        { class: "actions" },
        make("button", { type: "button", class: "quiet", text: "Not now", on: { click: ({ target }) => target.closest("dialog").close() } }),
        make("button", { class: "go", text: "Sign in" }),
      ),
    ),
  );
}
