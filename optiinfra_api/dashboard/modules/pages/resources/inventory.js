/** Every resource that existed at the moment, with its size, tags and attributes. */
import { count, day, number, words } from "../../format.js";
import { useRows } from "../../load.js";
import { Badge, Panel } from "../../panel.js";
import { html } from "../../preact.js";
import { link } from "../../state.js";
import { Table } from "../../table.js";

/** @typedef {any} Item */

const MOST = 1000;
/** @type {Record<string, string>} */
const STATES = { running: "good", stopped: "warn" };

/** @param {{base: string, chosen: Record<string, string | undefined>, counted: number}} props */
export function Inventory({ base, chosen, counted }) {
  const read = useRows(`${base}/inventory`, { ...chosen, limit: 500 }, MOST);
  return html`<${Panel} title="Inventory" read=${read} wide empty="No resource fits the filters.">
    ${(/** @type {any} */ answer) =>
      html`<${Table} caption="Inventory" columns=${COLUMNS} rows=${answer.data} more=${answer.next_cursor ? rest(answer.data, counted) : null} />`}
  <//>`;
}

/**
 * @param {Item[]} rows
 * @param {number} counted
 */
function rest(rows, counted) {
  return `${count(rows.length)} of ${count(counted)} are shown. Narrow the filters to see the others, or read them all from the API.`;
}

/** @param {Item} item */
function size(item) {
  const parts = [
    item.vcpus === null ? "" : `${number(item.vcpus)} vCPU`,
    item.memory_gib === null ? "" : number(item.memory_gib, "GiB"),
    item.storage_gib === null ? "" : `${number(item.storage_gib, "GiB")} storage`,
  ];
  return parts.filter(Boolean).join(", ") || "unknown";
}

/** @param {Item} item */
function tags(item) {
  return Object.entries(item.tags).map(([name, value]) => html`<${Badge}>${name}=${value}<//> `);
}

/** @param {Item} item */
function attributes(item) {
  if (!item.attributes || item.attributes === "{}") return "";
  return html`<details><summary>Show</summary><code>${item.attributes}</code></details>`;
}

const COLUMNS = [
  { title: "Resource", value: (/** @type {Item} */ item) => item.resource_id, href: (/** @type {Item} */ item) => link("/performance", { resource: item.resource_id }) },
  { title: "Name", value: (/** @type {Item} */ item) => item.resource_name },
  { title: "Kind", value: (/** @type {Item} */ item) => item.resource_type },
  {
    title: "State",
    value: (/** @type {Item} */ item) => html`<${Badge} kind=${STATES[item.status] || "plain"}>${words(item.status)}<//>`,
  },
  { title: "Type or plan", value: (/** @type {Item} */ item) => item.sku },
  { title: "Size", value: size },
  { title: "Region", value: (/** @type {Item} */ item) => item.region },
  { title: "Account", value: (/** @type {Item} */ item) => `${item.provider} ${item.account_id}` },
  { title: "Created", value: (/** @type {Item} */ item) => (item.created_at ? day(item.created_at) : "unknown") },
  { title: "Tags", wide: true, value: tags },
  { title: "Attributes", value: attributes },
];
