/** What was created, removed or changed in the period, newest first. */
import { time, words } from "../../format.js";
import { useRows } from "../../load.js";
import { Badge, Panel } from "../../panel.js";
import { html } from "../../preact.js";
import { Table } from "../../table.js";

/** @typedef {any} Change */

const MOST = 2000;
/** @type {Record<string, string>} */
const KINDS = { created: "good", removed: "bad", changed: "info" };

/** @param {{base: string, chosen: Record<string, string | undefined>}} props */
export function Changes({ base, chosen }) {
  const read = useRows(`${base}/changes`, { ...chosen, limit: 1000 }, MOST);
  return html`<${Panel} title="Changes" read=${read} wide empty="Nothing was created, removed or changed in the period.">
    ${(/** @type {any} */ answer) =>
      html`<${Table} caption="Changes" columns=${COLUMNS} rows=${newestFirst(answer)}
        more=${answer.next_cursor ? "There are more changes after these; choose a shorter period to see the newest." : null} />`}
  <//>`;
}

/**
 * The API tells changes in order; turned round only where all are there.
 * @param {{data: Change[], next_cursor?: string | null}} answer
 */
function newestFirst({ data, next_cursor: more }) {
  return more ? data : [...data].reverse();
}

/** @param {Change} change */
function details(change) {
  if (change.change !== "changed") return "";
  return html`${words(change.field)}: <del>${change.before || "empty"}</del> to <ins>${change.after || "empty"}</ins>`;
}

const COLUMNS = [
  { title: "Seen", value: (/** @type {Change} */ change) => time(change.at) },
  {
    title: "Change",
    value: (/** @type {Change} */ change) => html`<${Badge} kind=${KINDS[change.change] || "plain"}>${change.change}<//>`,
  },
  { title: "Resource", value: (/** @type {Change} */ change) => change.resource_id },
  { title: "Kind", value: (/** @type {Change} */ change) => change.resource_type },
  { title: "What", wide: true, value: details },
  { title: "Region", value: (/** @type {Change} */ change) => change.region },
  { title: "Account", value: (/** @type {Change} */ change) => `${change.provider} ${change.account_id}` },
];
