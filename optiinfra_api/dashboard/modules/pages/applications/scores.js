/** Pass rates over time with their intervals, one plot for each series of scores. */
import { Chart } from "../../chart.js";
import { count, day, percent, shortDay, time, words } from "../../format.js";
import { told } from "../../interval.js";
import { useRows } from "../../load.js";
import { Panel } from "../../panel.js";
import { overTime } from "../../plots.js";
import { html } from "../../preact.js";
import { groupOf, hours } from "../../spans.js";

/** @typedef {any} Point */

const FIELDS = ["application_id", "environment", "metric_name", "judge_model", "judge"];

/** @param {{base: string, chosen: Record<string, string | undefined>, period: Record<string, string>}} props */
export function Scores({ base, chosen, period }) {
  const group = groupOf(period);
  const read = useRows(`${base}/trends`, { ...chosen, group_by: group, limit: 1000 });
  return html`<${Panel} title="Pass rate over time" note="The dashed lines are the 95 % interval." read=${read} wide empty="Nothing was judged in this period.">
    ${(/** @type {any} */ answer) =>
      [...Map.groupBy(answer.data, name)].map(([label, points]) => html`<${Plot} key=${label} label=${label} points=${points} hourly=${group === "hour"} />`)}
  <//>`;
}

/** @param {Point} point */
function name(point) {
  return FIELDS.map((field) => (field === "metric_name" ? words(point[field]) : point[field])).filter(Boolean).join(", ");
}

/** @param {{label: string, points: Point[], hourly: boolean}} props */
function Plot({ label, points, hourly }) {
  const rows = [...points].sort((a, b) => a.period.localeCompare(b.period));
  /** @param {"value" | "low" | "high"} field */
  const line = (field) => rows.map((row) => [row.period, row.pass_rate ? row.pass_rate[field] : null]);
  const plot = {
    series: [
      { name: "Pass rate", points: line("value") },
      { name: "Low", points: line("low"), dashed: true },
      { name: "High", points: line("high"), dashed: true },
    ],
    value: (/** @type {number} */ share) => percent(share),
    moment: hourly ? hours : shortDay,
    longMoment: hourly ? time : day,
    min: 0,
    max: 1,
  };
  const columns = [
    { title: "Period", value: (/** @type {Point} */ row) => (hourly ? time(row.period) : day(row.period)) },
    { title: "Pass rate", value: (/** @type {Point} */ row) => told(row.pass_rate) },
    { title: "Judged", numeric: true, value: (/** @type {Point} */ row) => count(row.judged) },
    { title: "Failed to judge", numeric: true, value: (/** @type {Point} */ row) => count(row.failed) },
  ];
  return html`<${Chart} label=${`Pass rate of ${label}`} columns=${columns} rows=${rows} height=${200}
      option=${(/** @type {any} */ colours) => overTime(/** @type {any} */ (plot), colours)} />`;
}
