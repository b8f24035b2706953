/** Who works most and who least: the mean of every resource over the period. */
import { Chart } from "../../chart.js";
import { count, words } from "../../format.js";
import { useRows } from "../../load.js";
import { Panel } from "../../panel.js";
import { ranked } from "../../plots.js";
import { html } from "../../preact.js";
import { secondsOf } from "../../spans.js";
import { change, here } from "../../state.js";
import { measured } from "../../units.js";

/** @typedef {{resource: string, name: string, kind: string, region: string, unit: string, mean: number, max: number, samples: number}} Rank */

const DAY = 86400;
const LONGEST_STEP = 31 * DAY;
const MOST = 5000;
const SHOWN = 10;

/**
 * Each resource's steps are joined into its mean, weighted by samples.
 * @param {{base: string, filters: Record<string, string | undefined>, period: Record<string, string>, metric: string}} props
 */
export function Ranking({ base, filters, period, metric }) {
  const step = Math.min(LONGEST_STEP, Math.max(DAY, secondsOf(period)));
  const read = useRows(`${base}/metrics`, { ...filters, metric_name: metric, step, limit: 1000 }, MOST);
  return html`<${Panel} title="Busiest" read=${read} empty="No sample of this metric in the period.">
      ${(/** @type {any} */ answer) => html`<${Bars} label=${`Busiest by ${words(metric)}`} ranks=${ranks(answer.data).slice(0, SHOWN)} />`}
    <//>
    <${Panel} title="Idlest" read=${read} empty="No sample of this metric in the period.">
      ${(/** @type {any} */ answer) => html`<${Bars} label=${`Idlest by ${words(metric)}`} ranks=${ranks(answer.data).reverse().slice(0, SHOWN)} />`}
    <//>`;
}

/**
 * @param {any[]} rows
 * @returns {Rank[]}
 */
export function ranks(rows) {
  const found = Map.groupBy(rows, (row) => [row.provider, row.account_id, row.region, row.resource_id, row.statistic].join(" "));
  return [...found.values()].map(joined).sort((a, b) => b.mean - a.mean);
}

/**
 * @param {any[]} steps
 * @returns {Rank}
 */
function joined(steps) {
  const samples = steps.reduce((sum, row) => sum + row.samples, 0);
  const { resource_id: resource, resource_name: name, resource_type: kind, region, unit } = steps[0];
  return {
    resource,
    name,
    kind,
    region,
    unit,
    samples,
    mean: steps.reduce((sum, row) => sum + row.avg * row.samples, 0) / samples,
    max: Math.max(...steps.map((row) => row.max)),
  };
}

const COLUMNS = [
  { title: "Resource", value: (/** @type {Rank} */ row) => row.resource, href: (/** @type {Rank} */ row) => here({ resource: row.resource }) },
  { title: "Kind", value: (/** @type {Rank} */ row) => row.kind },
  { title: "Region", value: (/** @type {Rank} */ row) => row.region },
  { title: "Mean", numeric: true, value: (/** @type {Rank} */ row) => measured(row.mean, row.unit) },
  { title: "Max", numeric: true, value: (/** @type {Rank} */ row) => measured(row.max, row.unit) },
  { title: "Samples", numeric: true, value: (/** @type {Rank} */ row) => count(row.samples) },
];

/** @param {{label: string, ranks: Rank[]}} props */
function Bars({ label, ranks: rows }) {
  const unit = rows[0]?.unit || "";
  const plot = {
    names: rows.map((row) => row.name || row.resource),
    values: rows.map((row) => row.mean),
    value: (/** @type {number} */ value) => measured(value, unit),
  };
  const select = (/** @type {{dataIndex?: number}} */ click) => change({ resource: rows[click.dataIndex ?? -1]?.resource });
  return html`<${Chart} label=${label} columns=${COLUMNS} rows=${rows} height=${48 + 24 * rows.length} onSelect=${select}
    option=${(/** @type {any} */ colours) => ranked(plot, colours)} />`;
}
