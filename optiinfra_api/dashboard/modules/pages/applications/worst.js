/** The worst judged calls; their texts only on demand and only for a key that may read them. */
import { percent, time, words } from "../../format.js";
import { useRead } from "../../load.js";
import { Badge, Notice, Panel } from "../../panel.js";
import { html, useState } from "../../preact.js";
import { useSession } from "../../session.js";
import { Choice } from "../../shell.js";
import { change } from "../../state.js";
import { Table } from "../../table.js";

/** @typedef {any} Row */

const SHOWN = 25;
const KINDS = ["quality", "hallucination", "toxicity"].map((value) => ({ value, text: words(value) }));

/** @param {{base: string, chosen: Record<string, string | undefined>, kind: string | undefined}} props */
export function Worst({ base, chosen, kind }) {
  const { may } = useSession();
  const [texts, setTexts] = useState(false);
  const read = useRead(`${base}/worst`, { ...chosen, metric_type: kind || "quality", limit: SHOWN, texts: texts ? "true" : undefined });
  const actions = html`<${Choice} label="By" value=${kind || "quality"} options=${KINDS} onChoose=${(/** @type {string} */ value) => change({ worst: value })} />
    ${may("applications:text") && html`<button onClick=${() => setTexts(!texts)} aria-pressed=${texts ? "true" : "false"}>${texts ? "Hide texts" : "Show texts"}</button>`}`;
  return html`<${Panel} title="Worst answers" read=${read} wide actions=${actions} empty="Nothing was judged in this period.">
    ${(/** @type {any} */ answer) => html`
      ${!may("applications:text") && html`<${Notice} title="Texts are not shown">This key lacks the scope <code>applications:text</code>.<//>`}
      <${Table} caption="Worst answers" columns=${texts ? [...COLUMNS, ...TEXTS] : COLUMNS} rows=${answer.data} />`}
  <//>`;
}

/** @param {Row} row */
function verdict(row) {
  return html`${row.tampered && html`<${Badge} kind="bad">tampered<//> `}${row.contradicted ? html`<${Badge} kind="bad">${row.contradicted} contradicted<//> ` : ""}
    ${row.passed === false ? html`<${Badge} kind="warn">failed<//>` : ""}`;
}

const COLUMNS = [
  { title: "Called", value: (/** @type {Row} */ row) => time(row.timestamp) },
  { title: "Application", value: (/** @type {Row} */ row) => row.application_id },
  { title: "Model", value: (/** @type {Row} */ row) => row.model },
  { title: "Metric", value: (/** @type {Row} */ row) => words(row.metric_name) },
  { title: "Score", numeric: true, value: (/** @type {Row} */ row) => percent(row.score) },
  { title: "Found", value: verdict },
  { title: "Trace", value: (/** @type {Row} */ row) => html`<code title=${row.trace_id}>${row.trace_id.slice(0, 8)}</code>` },
];

/** @param {{role?: string, text?: string}[]} messages */
function said(messages) {
  return messages.map((message) => html`<p><span class="note">${message.role}</span> ${message.text}</p>`);
}

const TEXTS = [
  { title: "Asked", wide: true, value: (/** @type {Row} */ row) => (row.texts ? said(row.texts.input) : "not kept") },
  { title: "Answered", wide: true, value: (/** @type {Row} */ row) => (row.texts ? said(row.texts.output) : "not kept") },
  { title: "The judge says", wide: true, value: (/** @type {Row} */ row) => row.explanation || "" },
];
