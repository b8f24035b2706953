/** Each metric of each kind of resource: percentiles, the busiest, the idlest, coverage. */
import { count, percent, words } from "../../format.js";
import { html } from "../../preact.js";
import { here } from "../../state.js";
import { Share, Table } from "../../table.js";
import { measured } from "../../units.js";

/** @typedef {any} Row */

/**
 * @param {string} title
 * @param {string} name
 */
function figure(title, name) {
  return { title, numeric: true, value: (/** @type {Row} */ row) => measured(row[name], row.unit) };
}

/**
 * @param {string} title
 * @param {"busiest" | "idlest"} name
 */
function extreme(title, name) {
  return {
    title,
    value: (/** @type {Row} */ row) => `${row[name]} (${measured(row[`${name}_avg`], row.unit)})`,
    href: (/** @type {Row} */ row) => here({ metric: row.metric_name, resource: row[name] }),
  };
}

const COLUMNS = [
  {
    title: "Metric",
    value: (/** @type {Row} */ row) => `${words(row.metric_name)} (${row.statistic})`,
    href: (/** @type {Row} */ row) => here({ metric: row.metric_name, kind: row.resource_type }),
  },
  { title: "Kind of resource", value: (/** @type {Row} */ row) => row.resource_type },
  figure("Mean", "avg"),
  figure("p50", "p50"),
  figure("p95", "p95"),
  figure("p99", "p99"),
  figure("Max", "max"),
  { title: "Coverage", value: (/** @type {Row} */ row) => html`<${Share} share=${row.coverage} text=${percent(row.coverage)} />` },
  extreme("Busiest (mean)", "busiest"),
  extreme("Idlest (mean)", "idlest"),
  { title: "Resources", numeric: true, value: (/** @type {Row} */ row) => count(row.resources) },
  { title: "Samples", numeric: true, value: (/** @type {Row} */ row) => count(row.samples) },
];

/** @param {{rows: Row[]}} props */
export function Utilisation({ rows }) {
  return html`<${Table} caption="Utilisation by metric and kind of resource" columns=${COLUMNS} rows=${rows} />
    <p class="note">Coverage is the share of the period that samples cover, over the resources that have any.</p>`;
}
