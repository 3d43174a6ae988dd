/** The search that the page's address holds. */

import * as address from "./address.js";

const CHOICES = ["video", "audio", "av"];

export function read() {
  const query = address.parameters();
  const to = query.get("to");
  return { text: query.get("text")?.trim() ?? "", to: CHOICES.includes(to) ? to : "video" };
}

export const link = ({ text, to }) => address.link("/", { text, to: text && to });

export const write = ({ text, to }) => address.write({ text, to: text && to });
