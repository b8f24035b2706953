/** Quality, hallucinations and toxicity of answers, as a sample of them was judged. */
import { count, money, words } from "../../format.js";
import { Interval } from "../../interval.js";
import { useRead } from "../../load.js";
import { Badge, Panel } from "../../panel.js";
import { html } from "../../preact.js";
import { Table } from "../../table.js";

/** @typedef {any} Row */

const KINDS = [
  { title: "Quality", path: "quality", note: "A higher score is better." },
  { title: "Hallucinations", path: "hallucinations", note: "A higher score is worse." },
  { title: "Toxicity", path: "toxicity", note: "A higher score is worse." },
];

/** @param {{base: string, chosen: Record<string, string | undefined>}} props */
export function Quality({ base, chosen }) {
  return KINDS.map((kind) => html`<${Kind} key=${kind.path} ...${kind} base=${base} chosen=${chosen} />`);
}

/** @param {{title: string, path: string, note: string, base: string, chosen: Record<string, string | undefined>}} props */
function Kind({ title, path, note, base, chosen }) {
  const read = useRead(`${base}/${path}`, chosen);
  return html`<${Panel} title=${title} note=${note} read=${read} wide empty="No application sent calls in this period.">
    ${(/** @type {any} */ answer) => html`<${Table} caption=${title} columns=${COLUMNS} rows=${answer.data} />`}
  <//>`;
}

/**
 * Who judged; scores of another judge, model or rubric are another series.
 * @param {Row} row
 */
export function judge(row) {
  return html`${row.judge_model || row.judge}
    ${row.calibrated ? html` <${Badge} kind="good">calibrated<//>` : html` <${Badge} title="Not checked against people's labels">not calibrated<//>`}`;
}

/** @param {Row} row */
function failed(row) {
  const told = Object.entries(row.failed).filter(([, number]) => number);
  const parts = told.map(([name, number]) => `${count(/** @type {number} */ (number))} ${name}`);
  if (row.tampered) parts.push(`${count(row.tampered)} tampered`);
  if (row.without_score) parts.push(`${count(row.without_score)} without a score`);
  return parts.join(", ") || "none";
}

/** @param {Row} row */
function verdict(row) {
  if (row.reason) return html`<${Badge} kind="warn">${words(row.reason)}<//>`;
  return row.verdict_possible ? "" : html`<${Badge} kind="info" title="Fewer than 50 calls were judged">too few for a verdict<//>`;
}

const COLUMNS = [
  { title: "Application", value: (/** @type {Row} */ row) => row.application_id },
  { title: "Model", value: (/** @type {Row} */ row) => row.model || "not told" },
  { title: "Metric", value: (/** @type {Row} */ row) => words(row.metric_name) },
  { title: "Pass rate", value: (/** @type {Row} */ row) => html`<${Interval} estimate=${row.pass_rate} />` },
  { title: "Score", value: (/** @type {Row} */ row) => html`<${Interval} estimate=${row.score} />` },
  { title: "Remark", value: verdict },
  { title: "Judged", numeric: true, value: (/** @type {Row} */ row) => `${count(row.judged)} of ${count(row.calls)}` },
  { title: "Not scored", value: failed },
  { title: "Environment", value: (/** @type {Row} */ row) => row.environment },
  { title: "Judge", value: judge },
  { title: "Judging cost", numeric: true, value: (/** @type {Row} */ row) => money(row.judge_cost_usd, "USD") },
];
