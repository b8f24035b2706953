/** A part of a page: its title, what it stands on, and what to do where it has nothing to show. */
import { duration, time } from "./format.js";
import { html } from "./preact.js";

/** @typedef {import("../vendor/htm-preact-3.1.1.js").Child} Child */
/** @typedef {import("./load.js").Read<any>} Read */

/**
 * A titled part that shows what one or more reads answer.
 *
 * While a read has no answer there is a place kept for it; a problem is told with its remedy;
 * an answer without rows says why by `empty`. Under it stands how fresh and complete it is.
 * @param {{
 *   title: string, note?: Child, read?: Read, reads?: Read[], actions?: Child, wide?: boolean,
 *   empty?: Child, children?: Child | ((...answers: any[]) => Child),
 * }} props
 */
export function Panel({ title, note, read, reads = read ? [read] : [], actions, wide, empty, children }) {
  const busy = reads.some((each) => each.loading);
  return html`<section class=${wide ? "panel wide" : "panel"} aria-label=${title} aria-busy=${busy ? "true" : "false"}>
    <header><h2>${title}</h2>${note && html`<p class="note">${note}</p>`}${actions && html`<div class="actions">${actions}</div>`}</header>
    <div class="body">${body(reads, children, empty)}</div>
    <${Standing} reads=${reads} />
  </section>`;
}

/**
 * @param {Read[]} reads
 * @param {Child | ((...answers: any[]) => Child)} children
 * @param {Child} empty
 * @returns {Child}
 */
function body(reads, children, empty) {
  const failed = reads.find((each) => each.problem);
  if (failed) return html`<${Failure} problem=${failed.problem} />`;
  if (reads.some((each) => !each.answer)) return html`<div class="skeleton" role="status">Loading</div>`;
  const first = reads[0]?.answer;
  if (empty && first && Array.isArray(first.data) && !first.data.length) {
    return html`<${Empty}>${empty} ${first.as_of === null ? "Nothing was collected yet." : ""}<//>`;
  }
  return typeof children === "function" ? children(...reads.map((each) => each.answer)) : children;
}

/**
 * A problem as the API tells it: what happened and what to do.
 * @param {{problem: import("./api.js").Problem | null}} props
 */
export function Failure({ problem }) {
  if (!problem) return null;
  return html`<div class="failure" role="alert">
    <strong>${problem.title}</strong>
    <p>${problem.detail}</p>
    ${problem.errors.length > 0 && html`<ul>${problem.errors.map((each) => html`<li><code>${each.field}</code> ${each.message}</li>`)}</ul>`}
    <p class="remedy">${problem.remedy}</p>
    ${problem.requestId && html`<p class="note">Request <code>${problem.requestId}</code></p>`}
  </div>`;
}

/**
 * Why there is nothing to see, instead of an empty box.
 * @param {{children?: Child}} props
 */
export function Empty({ children }) {
  return html`<p class="empty">${children}</p>`;
}

/**
 * What the answers stand on: the oldest commit, whether one is stale, whether all are complete.
 * @param {{reads: Read[]}} props
 */
export function Standing({ reads }) {
  const answers = reads.map((each) => each.answer).filter((answer) => answer && "as_of" in answer);
  if (!answers.length) return null;
  const oldest = answers.reduce((a, b) => ((a.freshness_seconds ?? -1) >= (b.freshness_seconds ?? -1) ? a : b));
  const partial = answers.find((answer) => answer.complete === false);
  return html`<footer class="standing">
    <span title=${time(oldest.as_of)}>${oldest.as_of ? `As of ${time(oldest.as_of)}, ${duration(oldest.freshness_seconds)} ago` : "Nothing collected yet"}</span>
    ${oldest.as_of && answers.some((answer) => answer.stale) && html`<${Badge} kind="warn">stale<//>`}
    ${oldest.as_of && partial && html`<${Badge} kind="info" title=${windows(partial.coverage)}>incomplete<//>`}
    ${!partial && html`<${Badge} kind="good">complete<//>`}
  </footer>`;
}

/** @param {{expected: number, committed: number} | undefined} coverage */
function windows(coverage) {
  return coverage ? `${coverage.committed} of ${coverage.expected} windows are committed` : "";
}

/**
 * A word that stands out: kind good, warn, bad, info or plain. Never colour alone.
 * @param {{kind?: string, title?: string, children?: Child}} props
 */
export function Badge({ kind = "plain", title, children }) {
  return html`<span class=${`badge ${kind}`} title=${title}>${children}</span>`;
}

/**
 * A figure with its name over it and a remark under it.
 * @param {{label: string, value: Child, remark?: Child, kind?: string, href?: string}} props
 */
export function Figure({ label, value, remark, kind = "", href }) {
  const shown = href ? html`<a href=${href}>${value}</a>` : value;
  return html`<div class=${`figure ${kind}`}><dt>${label}</dt><dd>${shown}</dd>${remark && html`<dd class="remark">${remark}</dd>`}</div>`;
}

/**
 * Why a page or a part of it is not there, and what would change that.
 * @param {{title: string, children?: Child}} props
 */
export function Notice({ title, children }) {
  return html`<div class="notice"><strong>${title}</strong><p>${children}</p></div>`;
}
