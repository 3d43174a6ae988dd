/** What somebody should know of the status before all else, the worst first. */

import { bytes, count, percent } from "../format.js";

const LEAST_FREE_BYTES = 2 ** 30;
const LEAST_RECALL = 0.95;
const FULL = 0.8;

export const warnings = (status, parts) => [
  ...parts.filter(({ state }) => state !== "ok").map(({ name, gallery, detail }) => `${[gallery, name].filter(Boolean).join(", ")}: ${detail}`),
  ...room(status),
  ...Object.entries(status.lanes).flatMap(queue),
  ...status.galleries.flatMap(misses),
  ...(status.errors["internal-error"] ? [`${count(status.errors["internal-error"], "request")} failed unforeseen in the last hour: the log says why.`] : []),
];

function* room({ data_free_bytes: free, spool }) {
  if (free < LEAST_FREE_BYTES) yield `Only ${bytes(free)} are left on the disk.`;
  if (spool.taken_bytes > FULL * spool.limit_bytes) yield "Uploads have nearly filled the room that they may take.";
}

const queue = ([name, { waiting, most_waiting: most }]) => (waiting > most / 2 ? [`${count(waiting, "request")} wait in the lane ${name}: more than half of those that may.`] : []);

const misses = ({ name, routes }) =>
  routes.filter(({ recall }) => recall?.samples && recall.value < LEAST_RECALL).map(({ route, recall }) => `Searches of ${name} by ${route.replace("->", " → ")} find ${percent(recall.value)} of what they should.`);
