/** Whether answers got worse: each series now against its baseline. */
import { day, percent, words } from "../../format.js";
import { Interval } from "../../interval.js";
import { useRead } from "../../load.js";
import { Badge, Panel } from "../../panel.js";
import { html } from "../../preact.js";
import { Table } from "../../table.js";

/** @typedef {any} Row */

/** @type {Record<string, string>} */
const VERDICTS = { regression: "bad", improvement: "good", no_change: "plain", too_few: "info", no_baseline: "info" };

/** @param {{base: string, chosen: Record<string, string | undefined>}} props */
export function Drift({ base, chosen }) {
  const read = useRead(`${base}/drift`, chosen);
  return html`<${Panel} title="Drift" note="Rates are of failures; the tick is the baseline." read=${read} wide empty="Nothing was judged in this period.">
    ${(/** @type {any} */ answer) => html`<${Table} caption="Drift" columns=${COLUMNS} rows=${answer.data} />`}
  <//>`;
}

/** @param {Row} row */
function change(row) {
  if (row.change === null) return "unknown";
  return `${percent(row.change, true)} (${percent(row.change_low, true)} to ${percent(row.change_high, true)})`;
}

const COLUMNS = [
  { title: "Application", value: (/** @type {Row} */ row) => row.application_id },
  { title: "Metric", value: (/** @type {Row} */ row) => words(row.metric_name) },
  { title: "Verdict", value: (/** @type {Row} */ row) => html`<${Badge} kind=${VERDICTS[row.verdict] || "plain"}>${words(row.verdict)}<//>` },
  {
    title: "Failures now",
    value: (/** @type {Row} */ row) => html`<${Interval} estimate=${row.failure_rate} reference=${row.baseline_failure_rate?.value} />`,
  },
  { title: "In the baseline", value: (/** @type {Row} */ row) => html`<${Interval} estimate=${row.baseline_failure_rate} />` },
  { title: "Change", value: change },
  { title: "p", numeric: true, value: (/** @type {Row} */ row) => (row.p === null ? "unknown" : row.p.toPrecision(2)) },
  { title: "Baseline", value: (/** @type {Row} */ row) => `${day(row.baseline_start)} to ${day(row.baseline_end)}` },
  { title: "Judge", value: (/** @type {Row} */ row) => row.judge_model || row.judge },
];
