/** Reads the API: the key in a header, problems as errors, answers kept with their entity tags. */
import { token } from "./session.js";

/** @typedef {{field: string, message: string}} FieldProblem */

/**
 * A problem of RFC 9457 as the API tells it.
 * @typedef {{status: number, title: string, detail: string, remedy: string, request_id: string, errors?: FieldProblem[] | null}} Told
 */

/**
 * What every read says besides its rows; lists without a period lack most of it.
 * @template T
 * @typedef {{
 *   data: T[], count: number, next_cursor?: string | null, customer_id?: string, provider?: string,
 *   period?: {start: string, end: string}, as_of?: string | null, freshness_seconds?: number | null,
 *   stale?: boolean, complete?: boolean, coverage?: {expected: number, committed: number}, cost?: string,
 * }} Answer
 */

/** @typedef {Record<string, string | number | string[] | null | undefined>} Params */

export class Problem extends Error {
  /** @param {Told} told */
  constructor(told) {
    super(told.detail);
    this.status = told.status;
    this.title = told.title;
    this.detail = told.detail;
    this.remedy = told.remedy;
    this.requestId = told.request_id;
    this.errors = told.errors ?? [];
  }
}

const AWAY = {
  status: 0,
  title: "The API does not answer",
  detail: "The request did not reach the API.",
  remedy: "Look whether it runs (`optiinfra status`) and whether the network lets you through.",
  request_id: "",
};
const UNAUTHENTICATED = 401;
/** Answers that are kept; the oldest goes first. */
const KEPT = 200;
/** @type {Map<string, {tag: string, answer: unknown}>} */
const kept = new Map();

/** Forget every answer: another key may not see them. */
export function forget() {
  kept.clear();
}

/**
 * The path with its query; empty parameters are left out, lists are repeated.
 * @param {string} path
 * @param {Params} [params]
 */
export function urlOf(path, params = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null && one !== undefined && one !== "") query.append(name, String(one));
    }
  }
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

/**
 * What GET of `url` answers; from memory where the API says that it is unchanged.
 * @param {string} url
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 * @throws {Problem}
 */
export async function get(url, signal) {
  const held = kept.get(url);
  const response = await request(url, { signal }, held ? { "If-None-Match": held.tag } : {});
  if (response.status === 304 && held) return held.answer;
  const answer = await response.json();
  const tag = response.headers.get("ETag");
  if (tag) keep(url, tag, answer);
  return answer;
}

/**
 * What POST of `body` to `path` answers.
 * @param {string} path
 * @param {unknown} [body]
 * @param {Record<string, string>} [headers]
 * @returns {Promise<any>}
 * @throws {Problem}
 */
export async function post(path, body, headers = {}) {
  if (body === undefined) return (await request(path, { method: "POST" }, headers)).json();
  const how = { method: "POST", body: JSON.stringify(body) };
  return (await request(path, how, { "Content-Type": "application/json", ...headers })).json();
}

/**
 * Take away what is at `path`.
 * @param {string} path
 * @throws {Problem}
 */
export async function remove(path) {
  await request(path, { method: "DELETE" });
}

/**
 * Every row of a paged list, at most `most`.
 * @param {string} path
 * @param {Params} params
 * @param {number} [most]
 * @param {AbortSignal} [signal]
 * @returns {Promise<Answer<any>>} The first page's envelope with the rows of all of them.
 */
export async function getAll(path, params, most = 2000, signal) {
  const first = await get(urlOf(path, params), signal);
  const data = [...first.data];
  let cursor = first.next_cursor;
  while (cursor && data.length < most) {
    const page = await get(urlOf(path, { ...params, cursor }), signal);
    data.push(...page.data);
    cursor = page.next_cursor;
  }
  return { ...first, data, count: data.length, next_cursor: cursor };
}

/**
 * The response to a request with the key; not one that tells a problem.
 * @param {string} url
 * @param {RequestInit} how
 * @param {Record<string, string>} headers
 * @throws {Problem}
 */
export async function request(url, how, headers = {}) {
  /** @type {Response} */
  let response;
  try {
    response = await fetch(url, {
      ...how,
      cache: "no-store",
      credentials: "omit",
      headers: { Authorization: `Bearer ${token()}`, ...headers },
    });
  } catch (failure) {
    if (failure instanceof DOMException && failure.name === "AbortError") throw failure;
    throw new Problem(AWAY);
  }
  if (response.ok || response.status === 304) return response;
  const problem = new Problem(await told(response));
  // The key was revoked or has expired: main.js shows the way in, with what the API says.
  if (problem.status === UNAUTHENTICATED) dispatchEvent(new CustomEvent("optiinfra:expelled", { detail: problem }));
  throw problem;
}

/**
 * The problem in a response; a proxy in between may answer something else.
 * @param {Response} response
 * @returns {Promise<Told>}
 */
async function told(response) {
  const type = response.headers.get("Content-Type") || "";
  if (type.includes("json")) return response.json();
  return { ...AWAY, status: response.status, detail: `The answer was ${response.status}, not JSON.` };
}

/**
 * @param {string} url
 * @param {string} tag
 * @param {unknown} answer
 */
function keep(url, tag, answer) {
  kept.delete(url);
  kept.set(url, { tag, answer });
  const [oldest] = kept.keys();
  if (kept.size > KEPT && oldest) kept.delete(oldest);
}
