/** What runs achieved, newest first, with links to them in Dagster. */
import { count, duration, money, time, words } from "../../format.js";
import { useRows } from "../../load.js";
import { Badge, Panel } from "../../panel.js";
import { html } from "../../preact.js";
import { Choice } from "../../shell.js";
import { change } from "../../state.js";
import { Table } from "../../table.js";

/** @typedef {any} Result */

const MOST = 500;
/** @type {Record<string, string>} */
export const STATES = { succeeded: "good", partial: "warn", failed: "bad", skipped: "plain", queued: "info", running: "info" };
const STATUSES = ["", "succeeded", "partial", "failed", "skipped"].map((value) => ({ value, text: words(value) || "All states" }));

/** @param {{customer: string, cloud: string | undefined, params: Record<string, string>}} props */
export function History({ customer, cloud, params }) {
  const asked = { customer_id: customer, provider: cloud, data_type: params.data, status: params.status, limit: 100 };
  const read = useRows("/api/v1/collect/history", asked, MOST);
  const actions = html`<${Choice} label="State" value=${params.status || ""} options=${STATUSES} onChoose=${(/** @type {string} */ value) => change({ status: value })} />`;
  return html`<${Panel} title="History" read=${read} wide actions=${actions} empty="No run fits the filters.">
    ${(/** @type {any} */ answer) =>
      html`<${Table} caption="History" columns=${COLUMNS} rows=${answer.data} first=${15} more=${answer.next_cursor ? "Older runs are in the API." : null} />`}
  <//>`;
}

/** @param {Result} result */
function told(result) {
  const parts = result.failed_parts.map((/** @type {any} */ part) => `${part.part}: ${words(part.code)}. ${part.remedy}`);
  const whole = result.error ? [`${result.error.detail} ${result.error.remedy}`] : [];
  return [...whole, ...parts].map((each) => html`<p>${each}</p>`);
}

/** @param {Result} result */
function seconds(result) {
  return (Date.parse(result.finished_at) - Date.parse(result.started_at)) / 1000;
}

const COLUMNS = [
  { title: "Started", value: (/** @type {Result} */ result) => time(result.started_at) },
  { title: "Cloud", value: (/** @type {Result} */ result) => result.provider },
  { title: "Data", value: (/** @type {Result} */ result) => words(result.data_type) },
  { title: "State", value: (/** @type {Result} */ result) => html`<${Badge} kind=${STATES[result.status] || "plain"}>${result.status}<//>` },
  { title: "Trigger", value: (/** @type {Result} */ result) => result.trigger },
  { title: "Took", numeric: true, value: (/** @type {Result} */ result) => duration(seconds(result)) },
  { title: "Rows", numeric: true, value: (/** @type {Result} */ result) => count(result.rows) },
  { title: "Calls", numeric: true, value: (/** @type {Result} */ result) => count(result.api_calls) },
  { title: "Their cost", numeric: true, value: (/** @type {Result} */ result) => money(result.api_usd, "USD") },
  { title: "Error and remedy", wide: true, value: told },
  { title: "Run", value: (/** @type {Result} */ result) => html`<a href=${result.link} rel="noreferrer" target="_blank">Dagster</a>` },
];
