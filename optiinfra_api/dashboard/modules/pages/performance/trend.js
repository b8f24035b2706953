/** One metric over all resources: mean and percentiles of each hour, day, week or month. */
import { Chart } from "../../chart.js";
import { count, day, shortDay, time, words } from "../../format.js";
import { useRead } from "../../load.js";
import { Panel } from "../../panel.js";
import { overTime } from "../../plots.js";
import { html } from "../../preact.js";
import { Choice } from "../../shell.js";
import { groupOf, hours } from "../../spans.js";
import { change } from "../../state.js";
import { measured } from "../../units.js";

/** @typedef {any} Row */

const GROUPS = ["hour", "day", "week", "month"];
const LINES = [
  { name: "Mean", field: "avg" },
  { name: "p50", field: "p50" },
  { name: "p95", field: "p95" },
  { name: "Max", field: "max" },
];

/**
 * @param {{
 *   base: string, filters: Record<string, string | undefined>, period: Record<string, string>, metric: string,
 *   metrics: string[], group: string | undefined,
 * }} props
 */
export function Trend({ base, filters, period, metric, metrics, group }) {
  const chosen = GROUPS.find((each) => each === group) || groupOf(period);
  const read = useRead(`${base}/trends`, { ...filters, metric_name: metric, group_by: chosen, limit: 1000 });
  const actions = html`
    <${Choice} label="Metric" value=${metric} options=${metrics.map((each) => ({ value: each, text: words(each) }))}
      onChoose=${(/** @type {string} */ value) => change({ metric: value })} />
    <${Choice} label="By" value=${chosen} options=${GROUPS.map((each) => ({ value: each, text: words(each) }))}
      onChoose=${(/** @type {string} */ value) => change({ group: value })} />`;
  return html`<${Panel} title="Trend" read=${read} wide actions=${actions} empty="No sample of this metric in the period.">
    ${(/** @type {any} */ answer) => series(answer.data).map((rows) => html`<${Plot} rows=${rows} hourly=${chosen === "hour"} />`)}
  <//>`;
}

/**
 * A metric may come in several statistics: each is a plot of its own, oldest first.
 * @param {Row[]} rows
 * @returns {Row[][]}
 */
function series(rows) {
  const found = Map.groupBy(rows, (row) => `${row.statistic} ${row.unit}`);
  return [...found.values()].map((each) => each.sort((a, b) => a.period.localeCompare(b.period)));
}

/** @param {{rows: Row[], hourly: boolean}} props */
function Plot({ rows, hourly }) {
  const { metric_name: metric, statistic, unit } = rows[0];
  const label = `${words(metric)} (${statistic}) over all resources`;
  const value = (/** @type {number} */ each) => measured(each, unit);
  const plot = {
    series: LINES.map(({ name, field }) => ({ name, dashed: field === "max", points: rows.map((row) => [row.period, row[field]]) })),
    value,
    moment: hourly ? hours : shortDay,
    longMoment: hourly ? time : day,
    min: 0,
    max: unit === "%" ? 100 : undefined,
  };
  const columns = [
    { title: "Period", value: (/** @type {Row} */ row) => (hourly ? time(row.period) : day(row.period)) },
    ...LINES.map(({ name, field }) => ({ title: name, numeric: true, value: (/** @type {Row} */ row) => value(row[field]) })),
    { title: "p99", numeric: true, value: (/** @type {Row} */ row) => value(row.p99) },
    { title: "Resources", numeric: true, value: (/** @type {Row} */ row) => count(row.resources) },
    { title: "Samples", numeric: true, value: (/** @type {Row} */ row) => count(row.samples) },
  ];
  return html`<${Chart} label=${label} columns=${columns} rows=${rows} option=${(/** @type {any} */ colours) => overTime(/** @type {any} */ (plot), colours)} />`;
}
