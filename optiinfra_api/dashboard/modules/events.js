/** Follows the API's server-sent events and asks again for what is shown when data changed. */
import { Problem, request } from "./api.js";
import { refresh } from "./load.js";

/** Events that come together are answered by one refresh; the API keeps states for a second. */
const TOGETHER_MS = 1500;
const PATIENCE_MS = [2000, 5000, 15000, 60000];
/** Statuses that another try will not change. */
const FINAL = [401, 403, 404];

/** @typedef {{id: string, event: string, data: string}} Told */

/** Follow until the function returned is called; connects again after a cut, from where it was. */
export function follow() {
  const stop = new AbortController();
  listen(stop.signal);
  return () => stop.abort();
}

/** @param {AbortSignal} signal */
async function listen(signal) {
  const later = gather();
  let last = "";
  let failures = 0;
  while (!signal.aborted) {
    try {
      const response = await request("/api/v1/events", { signal }, headersOf(last));
      failures = 0;
      for await (const told of messages(response)) {
        last = told.id || last;
        if (told.event) later(told);
      }
    } catch (failure) {
      if (signal.aborted || (failure instanceof Problem && FINAL.includes(failure.status))) return;
    }
    await pause(PATIENCE_MS[Math.min(failures, PATIENCE_MS.length - 1)] || 0, signal);
    failures += 1;
  }
}

/**
 * @param {string} last
 * @returns {Record<string, string>}
 */
function headersOf(last) {
  return { Accept: "text/event-stream", ...(last ? { "Last-Event-ID": last } : {}) };
}

/** @returns {(told: Told) => void} */
function gather() {
  let timer = 0;
  return (told) => {
    dispatchEvent(new CustomEvent("optiinfra:event", { detail: told }));
    clearTimeout(timer);
    timer = setTimeout(refresh, TOGETHER_MS);
  };
}

/**
 * The messages of a stream of events, as WHATWG's HTML describes their lines.
 * @param {Response} response
 * @returns {AsyncGenerator<Told>}
 */
export async function* messages(response) {
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).replace(/\r\n?/g, "\n").split("\n\n");
    rest = blocks.pop() || "";
    for (const block of blocks) yield messageOf(block);
  }
}

/**
 * @param {string} block
 * @returns {Told}
 */
function messageOf(block) {
  const told = { id: "", event: "", data: "" };
  for (const line of block.split("\n")) {
    const [, name, value = ""] = /^(id|event|data):? ?(.*)$/.exec(line) || [];
    if (name === "data") told.data += (told.data && "\n") + value;
    else if (name === "id" || name === "event") told[name] = value;
  }
  return told;
}

/**
 * @param {number} milliseconds
 * @param {AbortSignal} signal
 */
function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", resolve, { once: true });
  });
}
