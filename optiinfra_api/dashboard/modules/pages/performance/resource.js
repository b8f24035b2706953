/** One metric of one resource: the server makes a few hundred steps of however many samples. */
import { Chart } from "../../chart.js";
import { count, duration, shortDay, time, words } from "../../format.js";
import { useRead } from "../../load.js";
import { Panel } from "../../panel.js";
import { overTime } from "../../plots.js";
import { html } from "../../preact.js";
import { DAY, hours, stepOf } from "../../spans.js";
import { here } from "../../state.js";
import { measured } from "../../units.js";

/** @typedef {any} Row */

const LINES = [
  { name: "Mean", field: "avg" },
  { name: "p95", field: "p95" },
  { name: "Max", field: "max" },
  { name: "Min", field: "min" },
];

/** @param {{base: string, period: Record<string, string>, metric: string, resource: string}} props */
export function Resource({ base, period, metric, resource }) {
  const step = stepOf(period);
  const read = useRead(`${base}/metrics`, { ...period, metric_name: metric, resource_id: resource, step, limit: 1000 });
  const actions = html`<a href=${here({ resource: null })}>Close</a>`;
  return html`<${Panel} title=${`${words(metric)} of ${resource}`} note=${`steps of ${duration(step)}`} read=${read} wide actions=${actions}
    empty="This resource has no sample of this metric in the period.">
    ${(/** @type {any} */ answer) => html`<${Plot} step=${step} rows=${[...answer.data].reverse()} label=${`${words(metric)} of ${resource}`} />`}
  <//>`;
}

/** @param {{rows: Row[], label: string, step: number}} props */
function Plot({ rows, label, step }) {
  const value = (/** @type {number} */ each) => measured(each, rows[0].unit);
  const plot = {
    series: LINES.map(({ name, field }) => ({ name, dashed: field !== "avg", points: rows.map((row) => [row.timestamp, row[field]]) })),
    value,
    moment: step < DAY ? hours : shortDay,
    longMoment: time,
    min: 0,
  };
  const columns = [
    { title: "From", value: (/** @type {Row} */ row) => time(row.timestamp) },
    ...LINES.map(({ name, field }) => ({ title: name, numeric: true, value: (/** @type {Row} */ row) => value(row[field]) })),
    { title: "Samples", numeric: true, value: (/** @type {Row} */ row) => count(row.samples) },
  ];
  return html`<${Chart} label=${label} columns=${columns} rows=${rows} option=${(/** @type {any} */ colours) => overTime(/** @type {any} */ (plot), colours)} />`;
}
