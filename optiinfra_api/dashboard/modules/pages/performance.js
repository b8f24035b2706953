/** How hard machines work: every metric by kind of resource, over time, and who works most. */
import { words } from "../format.js";
import { useRead } from "../load.js";
import { Panel } from "../panel.js";
import { html } from "../preact.js";
import { Choice } from "../shell.js";
import { change } from "../state.js";
import { Ranking } from "./performance/ranking.js";
import { Resource } from "./performance/resource.js";
import { Trend } from "./performance/trend.js";
import { Utilisation } from "./performance/utilisation.js";

const NOTHING = "No sample of this period fits the filters.";

/** @param {import("../pages.js").PageProps} props */
export function Performance({ customer, provider, period, params }) {
  const base = `/api/v2/performance/${customer}/${provider}`;
  const filters = { ...period, region: params.region, resource_type: params.kind };
  const all = useRead(`${base}/summary`, period);
  const summary = useRead(`${base}/summary`, filters);
  const rows = summary.answer?.data || [];
  const metric = chosenMetric(rows, params.metric);
  const kinds = distinct((all.answer?.data || []).map((/** @type {any} */ row) => row.resource_type));
  return html`<div class="grid">
    <${Panel} title="Utilisation" read=${summary} wide empty=${NOTHING} actions=${html`<${Kind} kinds=${kinds} kind=${params.kind || ""} />`}>
      ${(/** @type {any} */ answer) => html`<${Utilisation} rows=${answer.data} />`}
    <//>
    ${params.resource && metric && html`<${Resource} base=${base} period=${period} metric=${metric} resource=${params.resource} />`}
    ${metric &&
    html`<${Trend} base=${base} filters=${filters} period=${period} metric=${metric} metrics=${distinct(rows.map((/** @type {any} */ row) => row.metric_name))} group=${params.group} />
      <${Ranking} base=${base} filters=${filters} period=${period} metric=${metric} />`}
  </div>`;
}

/** @param {{kinds: string[], kind: string}} props */
function Kind({ kinds, kind }) {
  const options = [{ value: "", text: "All kinds" }, ...kinds.map((each) => ({ value: each, text: words(each) }))];
  return html`<${Choice} label="Kind of resource" value=${kind} options=${options} onChoose=${(/** @type {string} */ value) => change({ kind: value })} />`;
}

/**
 * The metric of the URL if there are samples of it, else the first utilisation in per cent.
 * @param {any[]} rows
 * @param {string | undefined} wanted
 * @returns {string}
 */
function chosenMetric(rows, wanted) {
  const found = rows.find((row) => row.metric_name === wanted) || rows.find((row) => row.unit === "%") || rows[0];
  return found ? found.metric_name : "";
}

/** @param {string[]} values */
function distinct(values) {
  return [...new Set(values)];
}
