/** Calls, errors, tokens and cost of each application over time. */
import { Chart } from "../../chart.js";
import { count, day, money, moneyTick, shortDay, tick, time } from "../../format.js";
import { useRows } from "../../load.js";
import { Panel } from "../../panel.js";
import { overTime } from "../../plots.js";
import { html } from "../../preact.js";
import { Choice } from "../../shell.js";
import { groupOf, hours } from "../../spans.js";
import { change } from "../../state.js";

/** @typedef {any} Row */

const usd = (/** @type {number} */ value) => moneyTick(value, "USD");
const FIGURES = [
  { value: "requests", text: "Calls", axis: tick },
  { value: "errors", text: "Errors", axis: tick },
  { value: "input_tokens", text: "Tokens in", axis: tick },
  { value: "output_tokens", text: "Tokens out", axis: tick },
  { value: "cost_usd", text: "Cost", axis: usd },
];

/** @param {{base: string, chosen: Record<string, string | undefined>, period: Record<string, string>, figure: string | undefined}} props */
export function Usage({ base, chosen, period, figure }) {
  const group = groupOf(period);
  const read = useRows(`${base}/usage`, { ...chosen, group_by: group, limit: 1000 });
  const shown = FIGURES.find((each) => each.value === figure) || /** @type {typeof FIGURES[0]} */ (FIGURES[0]);
  const actions = html`<${Choice} label="Figure" value=${shown.value} options=${FIGURES} onChoose=${(/** @type {string} */ value) => change({ figure: value })} />`;
  return html`<${Panel} title="Usage over time" read=${read} wide actions=${actions} empty="No calls in this period.">
    ${(/** @type {any} */ answer) => html`<${Plot} rows=${answer.data} shown=${shown} hourly=${group === "hour"} />`}
  <//>`;
}

/** @param {{rows: Row[], shown: typeof FIGURES[0], hourly: boolean}} props */
function Plot({ rows, shown, hourly }) {
  const when = hourly ? time : day;
  const series = [...Map.groupBy(rows, (row) => row.application_id)].map(([name, mine]) => ({
    name,
    kind: /** @type {"bar"} */ ("bar"),
    points: mine
      .map((/** @type {Row} */ row) => [row.period, row[shown.value] === null ? null : Number(row[shown.value])])
      .sort((/** @type {any} */ a, /** @type {any} */ b) => a[0].localeCompare(b[0])),
  }));
  const plot = { series, stack: true, value: shown.axis, moment: hourly ? hours : shortDay, longMoment: when };
  const columns = [
    { title: "Period", value: (/** @type {Row} */ row) => when(row.period) },
    { title: "Application", value: (/** @type {Row} */ row) => row.application_id },
    { title: "Calls", numeric: true, value: (/** @type {Row} */ row) => count(row.requests) },
    { title: "Errors", numeric: true, value: (/** @type {Row} */ row) => count(row.errors) },
    { title: "Tokens in", numeric: true, value: (/** @type {Row} */ row) => count(row.input_tokens) },
    { title: "Tokens out", numeric: true, value: (/** @type {Row} */ row) => count(row.output_tokens) },
    { title: "Cost", numeric: true, value: (/** @type {Row} */ row) => money(row.cost_usd, "USD") },
  ];
  return html`<${Chart} label=${`${shown.text} over time`} columns=${columns} rows=${rows}
    option=${(/** @type {any} */ colours) => overTime(/** @type {any} */ (plot), colours)} />`;
}
