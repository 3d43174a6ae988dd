/** Questions by dialogs of the page: before something is lost, or for what is needed to make something. */

import { at } from "./dom.js";
import { Refusal } from "./refusal.js";
import { tell } from "./slots.js";

/** What `work` makes of the form, once it is sent; a refusal is told there, and what was typed stays. Nothing where it is left. */
export function asked(id, facts, work) {
  const dialog = at(id);
  const form = dialog.querySelector("form");
  form.onreset = null;
  form.reset();
  tell(dialog, { said: "", ...facts });
  dialog.showModal();
  return new Promise((done) => {
    form.onreset = () => dialog.close();
    dialog.onclose = () => done();
    form.onsubmit = async (event) => {
      event.preventDefault();
      if (form.ariaBusy === "true") return;
      form.ariaBusy = "true";
      try {
        done(await work(form.elements));
        dialog.close();
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        tell(dialog, { ...facts, said: error.said });
      } finally {
        form.ariaBusy = "false";
      }
    };
  });
}
