/** A clip recorded here: of the microphone, or of the camera with it; at most ten seconds. */

import { at } from "../dom.js";
import { draw } from "../sound.js";

const MOST_MS = 10_000;
const PART_MS = 200;
const BARS = 56;
const dialog = () => at("recording");
let going = null;

/** Record until it is stopped or ten seconds are over; `onFile` gets it, unless it is given up.
 *
 * @param {"audio" | "video"} sense
 */
export async function record(sense, onFile) {
  open(sense);
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: sense === "video" && { width: 640, facingMode: "environment" } });
    if (dialog().open) run(stream, sense, onFile);
    else release(stream);
  } catch (error) {
    refuse(error);
  }
}

function open(sense) {
  dialog().className = `dialog ${sense}`;
  at("stop-recording").hidden = true;
  say("waiting");
  dialog().showModal();
}

function run(stream, sense, onFile) {
  const recorder = new MediaRecorder(stream);
  const parts = [];
  const level = listen(stream);
  going = { recorder, isKept: false };
  // The time begins with what comes first: a camera and its encoder may take a while to begin on a busy machine.
  recorder.addEventListener("dataavailable", ({ data }) => {
    if (data.size && !parts.some((each) => each.size)) follow(level, performance.now());
    parts.push(data);
  });
  recorder.addEventListener("stop", () => {
    release(stream);
    level.close();
    const { isKept } = going;
    going = null;
    at("camera-view").srcObject = null;
    dialog().close();
    if (isKept) onFile(fileOf(parts, recorder.mimeType));
  });
  recorder.start(PART_MS);
  at("camera-view").srcObject = sense === "video" ? stream : null;
  at("stop-recording").hidden = false;
  at("stop-recording").focus();
  at("recorded").textContent = "0.0 s";
  say(sense);
}

/** Draw how loud it has been, a bar for each stretch of time that has gone by, until the time is over. */
function follow(level, since, found = []) {
  if (!going) return;
  const gone = performance.now() - since;
  const loud = level.now();
  while (found.length < Math.min(BARS, (gone / MOST_MS) * BARS)) found.push({ height: loud, bright: loud });
  draw(at("level"), found, { most: 0.9 });
  at("recorded").textContent = `${(Math.min(gone, MOST_MS) / 1000).toFixed(1)} s`;
  if (gone >= MOST_MS) finish(true);
  else requestAnimationFrame(() => follow(level, since, found));
}

function finish(isKept) {
  if (!going) return dialog().close();
  going.isKept = isKept;
  if (going.recorder.state !== "inactive") going.recorder.stop();
}

function listen(stream) {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 1024 });
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(1024);
  const now = () => {
    analyser.getFloatTimeDomainData(samples);
    return Math.min(1, 3 * Math.sqrt(samples.reduce((sum, each) => sum + each ** 2, 0) / samples.length));
  };
  return { now, close: () => context.close() };
}

const release = (stream) => stream.getTracks().forEach((each) => each.stop());

function fileOf(parts, type) {
  const [kind, ending] = /^(\w+)\/(\w+)/.exec(type).slice(1);
  const time = new Date().toTimeString().slice(0, 8).replaceAll(":", ".");
  return new File(parts, `${kind === "video" ? "Film" : "Sound"} of ${time}.${ending}`, { type: `${kind}/${ending}` });
}

/** Show the words for a state, of which some are those of errors. */
function say(state) {
  for (const each of dialog().querySelectorAll("[data-when]")) each.hidden = !each.dataset.when.split(" ").includes(state);
}

function refuse({ name }) {
  if (!navigator.mediaDevices) return say("unencrypted");
  say(["NotAllowedError", "NotFoundError"].includes(name) ? name : "other");
}

at("stop-recording").addEventListener("click", () => finish(true));
at("leave-recording").addEventListener("click", () => finish(false));
dialog().addEventListener("close", () => finish(false));
