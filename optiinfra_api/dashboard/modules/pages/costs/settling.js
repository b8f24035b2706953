/** How figures settle: what providers changed later, and whether invoices agree with charges. */
import { count, day, delta, money, time } from "../../format.js";
import { Badge, Panel } from "../../panel.js";
import { html } from "../../preact.js";
import { Table } from "../../table.js";
import { FinalityBadge } from "./finality.js";

/** @typedef {import("../../load.js").Read<any>} Read */

const CHANGES = new Map([
  ["restated", "changed"],
  ["appeared", "came later"],
  ["vanished", "was withdrawn"],
]);

/** @param {{read: Read, basis: string, remembered: boolean, whole: boolean}} props */
export function Restatements({ read, basis, remembered, whole }) {
  if (!remembered) {
    return html`<${Panel} title="Restatements" wide><p class="empty">Changes are remembered of effective and billed cost, not of ${basis} cost.</p><//>`;
  }
  const note = whole ? "" : "Narrowed by service, region, category and resource only: changes are not remembered by the other filters.";
  return html`<${Panel} title="Restatements" read=${read} wide note=${note} empty="The provider changed nothing of this period after it was first served.">
    ${(/** @type {any} */ answer) => html`<${Table} caption="What providers changed after it was first served" columns=${RESTATED} rows=${answer.data} first=${10}
      more=${answer.next_cursor ? `The newest ${count(answer.data.length)}; the API has older ones.` : null} />`}
  <//>`;
}

const RESTATED = [
  { title: "Charge of", short: true, value: (/** @type {any} */ row) => day(row.charge_period_start) },
  { title: "What", wide: true, value: (/** @type {any} */ row) => html`${row.service_name}${row.resource_id && html`<br /><span class="note">${row.resource_id}</span>`}` },
  { title: "Change", short: true, value: (/** @type {any} */ row) => CHANGES.get(row.change) || row.change },
  { title: "Was", numeric: true, value: (/** @type {any} */ row) => (row.old === null ? "" : money(row.old, row.currency)) },
  { title: "Is", numeric: true, value: (/** @type {any} */ row) => (row.new === null ? "" : money(row.new, row.currency)) },
  { title: "Difference", numeric: true, value: (/** @type {any} */ row) => delta(row.delta, row.currency) },
  { title: "Found", short: true, value: (/** @type {any} */ row) => time(row.detected_at) },
];

/** @param {{read: Read}} props */
export function Invoices({ read }) {
  return html`<${Panel} title="Invoices against charges" read=${read} wide note="Whole months that the period touches." empty="No invoice is known of these months.">
    ${(/** @type {any} */ answer) => html`<${Table} caption="What was invoiced and what the charges add up to" columns=${HELD} rows=${answer.data} first=${10} />`}
  <//>`;
}

const HELD = [
  { title: "Invoice", wide: true, value: (/** @type {any} */ row) => html`${row.invoice_id || row.name}<br /><span class="note">${row.provider}, ${row.account_id}</span>` },
  { title: "Month", short: true, value: (/** @type {any} */ row) => day(row.span_start) },
  { title: "Invoiced", numeric: true, value: (/** @type {any} */ row) => (row.stated === null ? "not stated" : money(row.stated, row.currency)) },
  { title: "Charges", numeric: true, value: (/** @type {any} */ row) => money(row.served, row.currency) },
  { title: "Difference", numeric: true, value: (/** @type {any} */ row) => (row.difference === null ? "" : delta(row.difference, row.currency)) },
  { title: "Agrees", value: agreement },
  { title: "Charges are", value: (/** @type {any} */ row) => html`<${FinalityBadge} kind=${row.finality} />` },
];

/** @param {any} row */
function agreement(row) {
  if (row.agrees === null) return html`<${Badge} title="No invoice states a sum yet.">not yet known<//>`;
  if (row.agrees) return html`<${Badge} kind="good" title="Within the provider's own rounding.">agrees<//>`;
  return html`<${Badge} kind=${row.complete ? "bad" : "warn"} title=${row.complete ? "Look at the restatements and collect the month again." : "A part of the month is not collected."}>${row.complete ? "differs" : "incomplete"}<//>`;
}
