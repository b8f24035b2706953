/** The calls of each application to each model: errors, times, tokens, cost. */
import { useRead } from "../../load.js";
import { Panel } from "../../panel.js";
import { html } from "../../preact.js";
import { Table } from "../../table.js";
import { FIGURES } from "./summary.js";

/** @typedef {any} Row */

const COLUMNS = [
  { title: "Model", value: (/** @type {Row} */ row) => row.model || "not told" },
  { title: "Vendor", value: (/** @type {Row} */ row) => row.llm_vendor || "not told" },
  { title: "Application", value: (/** @type {Row} */ row) => row.application_id },
  ...FIGURES.filter((column) => column.title !== "Per passing answer"),
];

/** @param {{base: string, chosen: Record<string, string | undefined>}} props */
export function Models({ base, chosen }) {
  const read = useRead(`${base}/models`, chosen);
  return html`<${Panel} title="Models" read=${read} wide empty="No calls in this period.">
    ${(/** @type {any} */ answer) => html`<${Table} caption="Models" columns=${COLUMNS} rows=${answer.data} />`}
  <//>`;
}
