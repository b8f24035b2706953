/** What needs a person, found in what the API says: each with what to do about it. */
import { count, duration, time } from "../format.js";
import { Badge, Empty } from "../panel.js";
import { html } from "../preact.js";
import { link } from "../state.js";

/** @typedef {{kind: "bad" | "warn" | "info", where: string, what: string, remedy: string, href: string}} Point */

const SOON_DAYS = 30;
const DAY_MS = 86_400_000;
const PARTS = [
  ["costs", "/costs"],
  ["performance", "/performance"],
  ["resources", "/resources"],
];
const ORDER = ["bad", "warn", "info"];

/**
 * The points of an overview and of credentials, the worst first.
 * @param {any} answer
 * @param {any[]} credentials
 * @returns {Point[]}
 */
export function attention(answer, credentials) {
  const points = [
    ...credentials.filter((each) => !answer.providers.length || names(answer, each.provider)).flatMap(ofCredential),
    ...answer.providers.flatMap(ofProvider),
    ...ofApplications(answer.applications),
  ];
  return points.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
}

/**
 * @param {any} answer
 * @param {string} provider
 */
function names(answer, provider) {
  return answer.providers.some((/** @type {any} */ each) => each.provider === provider);
}

/**
 * @param {any} provider
 * @returns {Point[]}
 */
function ofProvider(provider) {
  return PARTS.flatMap(([part = "", href = ""]) => {
    const told = provider[part];
    if (!told || !provider.connected || told.state !== "collected") return [];
    const where = `${provider.title}, ${part}`;
    return [...ofPart(told, where, link(href, { provider: provider.provider })), ...unknowns(told, where, link(href))];
  });
}

/**
 * @param {any} told
 * @param {string} where
 * @param {string} href
 * @returns {Point[]}
 */
function ofPart(told, where, href) {
  if (told.failing) {
    const what = `${told.failing} of ${told.sources} accounts failed: ${told.reason}`;
    return [{ kind: "bad", where, what, remedy: told.remedy || "", href }];
  }
  if (told.stale) {
    const what = `No news for ${duration(told.freshness_seconds)}, longer than its source explains.`;
    return [{ kind: "warn", where, what, remedy: "Look at the collection's last error.", href: link("/collection") }];
  }
  if (!told.complete) {
    const what = `${told.coverage.committed} of ${told.coverage.expected} windows are committed.`;
    return [{ kind: "info", where, what, remedy: "The next collections fill gaps; a backfill does at once.", href: link("/collection") }];
  }
  return [];
}

/**
 * @param {any} told
 * @param {string} where
 * @param {string} href
 * @returns {Point[]}
 */
function unknowns(told, where, href) {
  const rows = told.data.reduce((/** @type {number} */ sum, /** @type {any} */ each) => sum + (each.unknown_rows || 0), 0);
  if (!rows) return [];
  return [{ kind: "info", where, what: `${count(rows)} charges have no cost on this basis.`, remedy: "They are in no sum; another basis may know them.", href }];
}

/**
 * @param {any} part
 * @returns {Point[]}
 */
function ofApplications(part) {
  return (part?.data ?? [])
    .filter((/** @type {any} */ each) => each.open_alarms)
    .map((/** @type {any} */ each) => ({
      kind: "warn",
      where: each.application_id,
      what: `${count(each.open_alarms)} open alarms about the quality of answers.`,
      remedy: "Look at its trend and its worst answers.",
      href: link("/applications", { application: each.application_id }),
    }));
}

/**
 * @param {any} credential
 * @returns {Point[]}
 */
export function ofCredential(credential) {
  const where = `Credential ${credential.label}`;
  const href = link("/credentials");
  /** @type {Point[]} */
  const points = [];
  if (credential.status === "rejected") {
    points.push({ kind: "bad", where, what: credential.last_error?.detail || "It was rejected.", remedy: credential.remedy || "Rotate it.", href });
  }
  if (credential.permissions_missing.length) {
    const what = `Permissions are missing: ${credential.permissions_missing.join(", ")}.`;
    points.push({ kind: "warn", where, what, remedy: "Grant them, then verify the credential.", href });
  }
  const left = expiry(credential);
  if (left !== null && left < SOON_DAYS * DAY_MS) {
    const what = left < 0 ? "It has expired." : `It expires ${time(credential.expires_at)}.`;
    points.push({ kind: left < 0 ? "bad" : "warn", where, what, remedy: "Rotate it before that.", href });
  }
  return points;
}

/**
 * Milliseconds until a credential expires; null where it does not.
 * @param {any} credential
 */
export function expiry(credential) {
  return credential.expires_at ? new Date(credential.expires_at).getTime() - Date.now() : null;
}

const WORDS = { bad: "broken", warn: "look", info: "note" };

/** @param {{points: Point[]}} props */
export function Attention({ points }) {
  if (!points.length) return html`<${Empty}>Nothing is known to be wrong.<//>`;
  return html`<ul class="points">
    ${points.map(
      (point) => html`<li>
        <p><${Badge} kind=${point.kind}>${WORDS[point.kind]}<//> <a href=${point.href}>${point.where}</a></p>
        <p>${point.what}</p>
        <p class="note">${point.remedy}</p>
      </li>`,
    )}
  </ul>`;
}
