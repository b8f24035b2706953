/** Each application: all its calls, what they cost, and how many of the judged answers pass. */
import { count, money, number, percent } from "../../format.js";
import { Interval } from "../../interval.js";
import { Badge } from "../../panel.js";
import { html } from "../../preact.js";
import { here } from "../../state.js";
import { Table } from "../../table.js";

/** @typedef {any} Row */

/** The metric whose pass rate stands for an application, as the API's cost per passing answer has it. */
const PASSING = "quality";
/** Cost is of calls whose price is known; how many are not is told beside it. */
export const FIGURES = [
  { title: "Calls", numeric: true, value: (/** @type {Row} */ row) => count(row.requests) },
  { title: "Errors", numeric: true, value: (/** @type {Row} */ row) => `${count(row.errors)} (${percent(row.error_rate)})` },
  { title: "Latency p50", numeric: true, value: (/** @type {Row} */ row) => milliseconds(row.latency_ms?.p50) },
  { title: "p95", numeric: true, value: (/** @type {Row} */ row) => milliseconds(row.latency_ms?.p95) },
  { title: "p99", numeric: true, value: (/** @type {Row} */ row) => milliseconds(row.latency_ms?.p99) },
  { title: "First token p95", numeric: true, value: (/** @type {Row} */ row) => milliseconds(row.ttft_ms?.p95) },
  { title: "Tokens in", numeric: true, value: (/** @type {Row} */ row) => count(row.input_tokens) },
  { title: "Tokens out", numeric: true, value: (/** @type {Row} */ row) => count(row.output_tokens) },
  { title: "From cache", numeric: true, value: (/** @type {Row} */ row) => percent(row.cache_hit_share) },
  { title: "Cost", numeric: true, value: cost },
  { title: "Per million tokens", numeric: true, value: (/** @type {Row} */ row) => money(row.cost_per_million_tokens_usd, "USD") },
  { title: "Per passing answer", numeric: true, value: (/** @type {Row} */ row) => money(row.cost_per_passing_answer_usd, "USD") },
];

/** @param {number | null | undefined} value */
function milliseconds(value) {
  return number(value === null || value === undefined ? null : Math.round(value), "ms");
}

/** @param {Row} row */
function cost(row) {
  const unknown = row.cost_unknown ? html` <span class="note">and ${count(row.cost_unknown)} calls of unknown cost</span>` : "";
  return html`${money(row.cost_usd, "USD")}${unknown}`;
}

/** @param {Row} row */
function passing(row) {
  const series = row.metrics.find((/** @type {any} */ each) => each.metric_name === PASSING && each.current);
  return html`<${Interval} estimate=${series?.pass_rate} />`;
}

/** @param {Row} row */
function alarms(row) {
  return row.open_alarms ? html`<${Badge} kind="bad">${count(row.open_alarms)} open<//>` : "none";
}

const COLUMNS = [
  { title: "Application", value: (/** @type {Row} */ row) => row.application_id, href: (/** @type {Row} */ row) => here({ application: row.application_id }) },
  { title: "Pass rate", value: passing },
  { title: "Judged", numeric: true, value: (/** @type {Row} */ row) => `${count(row.sampled)} of ${count(row.eligible)}` },
  { title: "Alarms", value: alarms },
  ...FIGURES,
];

/** @param {{rows: Row[]}} props */
export function Summary({ rows }) {
  return html`<${Table} caption="Applications" columns=${COLUMNS} rows=${rows} />`;
}
