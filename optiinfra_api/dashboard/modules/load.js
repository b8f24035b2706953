/** Asks for what a component shows, and again when the data behind it changed. */
import { Problem, get, getAll, urlOf } from "./api.js";
import { useEffect, useState } from "./preact.js";

/**
 * What is known of an answer: while it is asked for again, the one before it stays.
 * @template T
 * @typedef {{answer: T | null, problem: Problem | null, loading: boolean}} Read
 */

const UNSEEN = { status: 0, title: "The dashboard failed", remedy: "Reload the page.", request_id: "" };
/** @type {Read<any>} */
const NOTHING = { answer: null, problem: null, loading: false };
/** @type {Read<any>} */
const ASKED = { answer: null, problem: null, loading: true };
/** @typedef {{name: string | null, read: Read<any>}} Known */
/** @type {Set<() => void>} */
const readers = new Set();

/** Ask again for everything that is shown; what did not change costs a 304. */
export function refresh() {
  for (const again of [...readers]) again();
}

/**
 * What GET answers; `path` null asks for nothing.
 * @param {string | null} path
 * @param {import("./api.js").Params} [params]
 * @returns {Read<any>}
 */
export function useRead(path, params = {}) {
  return useAsked(path && urlOf(path, params), (signal) => get(urlOf(path || "", params), signal));
}

/**
 * Every row of a list, at most `most`.
 * @param {string | null} path
 * @param {import("./api.js").Params} [params]
 * @param {number} [most]
 * @returns {Read<import("./api.js").Answer<any>>}
 */
export function useRows(path, params = {}, most = 2000) {
  const name = path && `${most}:${urlOf(path, params)}`;
  return useAsked(name, (signal) => getAll(path || "", params, most, signal));
}

/**
 * @param {string | null} name - What is asked for; another one is another question.
 * @param {(signal: AbortSignal) => Promise<any>} ask
 * @returns {Read<any>}
 */
function useAsked(name, ask) {
  const [known, setKnown] = useState({ name, read: name ? ASKED : NOTHING });
  useEffect(() => (name ? follow(name, ask, setKnown) : undefined), [name]);
  if (!name) return NOTHING;
  return known.name === name ? known.read : ASKED;
}

/**
 * Ask now and at every refresh; the function returned ends it.
 * @param {string} name
 * @param {(signal: AbortSignal) => Promise<any>} ask
 * @param {(next: (before: Known) => Known) => void} setKnown
 */
function follow(name, ask, setKnown) {
  let stop = new AbortController();
  /** @param {Read<any>} read */
  const tell = (read) => setKnown(() => ({ name, read }));
  const load = () => {
    stop.abort();
    stop = new AbortController();
    const { signal } = stop;
    setKnown((before) => ({ name, read: { ...(before.name === name ? before.read : ASKED), loading: true } }));
    ask(signal).then(
      (answer) => signal.aborted || tell({ answer, problem: null, loading: false }),
      (failure) => signal.aborted || tell({ answer: null, problem: problemOf(failure), loading: false }),
    );
  };
  load();
  readers.add(load);
  return () => {
    readers.delete(load);
    stop.abort();
  };
}

/**
 * @param {unknown} failure
 * @returns {Problem}
 */
export function problemOf(failure) {
  return failure instanceof Problem ? failure : new Problem({ ...UNSEEN, detail: String(failure) });
}
