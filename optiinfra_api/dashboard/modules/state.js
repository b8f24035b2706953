/** What is shown, kept in the hash of the URL: `#/costs?customer=acme&provider=aws&days=30`. */
import { useEffect, useState } from "./preact.js";

/** @typedef {Record<string, string>} Params */
/** @typedef {{path: string, params: Params}} Route */

/** Parameters that stay when one goes from page to page. */
export const SHARED = ["customer", "provider", "days", "start", "end"];

/**
 * The route that a hash says.
 * @param {string} hash
 * @returns {Route}
 */
export function parse(hash) {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?", 2);
  return { path: path || "/", params: Object.fromEntries(new URLSearchParams(query)) };
}

/**
 * The hash that says a route; empty parameters are left out, so that one view has one URL.
 * @param {string} path
 * @param {Record<string, string | null | undefined>} params
 */
export function hashOf(path, params) {
  const query = new URLSearchParams();
  for (const name of Object.keys(params).sort()) {
    const value = params[name];
    if (value) query.set(name, value);
  }
  const text = query.toString();
  return `#${path}${text ? `?${text}` : ""}`;
}

/** @returns {Route} */
export function route() {
  return parse(location.hash);
}

/**
 * A link to `path` that keeps what pages share, with `changes` on top.
 * @param {string} path
 * @param {Record<string, string | null | undefined>} [changes]
 */
export function link(path, changes = {}) {
  const { params } = route();
  const kept = Object.fromEntries(SHARED.map((name) => [name, params[name]]));
  return hashOf(path, { ...kept, ...changes });
}

/**
 * The present page with `changes` to its parameters; null or "" takes one away.
 * @param {Record<string, string | null | undefined>} changes
 */
export function here(changes) {
  const { path, params } = route();
  return hashOf(path, { ...params, ...changes });
}

/**
 * Go to the present page with `changes`; the back button undoes it.
 * @param {Record<string, string | null | undefined>} changes
 */
export function change(changes) {
  location.hash = here(changes);
}

/**
 * Put `hash` in place of the present entry of the history.
 * @param {string} hash
 */
export function replace(hash) {
  history.replaceState(null, "", hash);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

/** The route, again whenever it changes. */
export function useRoute() {
  const [current, setCurrent] = useState(route);
  useEffect(() => {
    const follow = () => setCurrent(route());
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return current;
}

/**
 * The period that the parameters name, as every read of the API takes it.
 * @param {Params} params
 * @returns {Params}
 */
export function periodOf(params) {
  if (params.start && params.end) return { start: params.start, end: params.end };
  return { days: params.days || "30" };
}
