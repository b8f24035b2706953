/** What is dearest: by service, account, region, tag, resource; a click narrows to it. */
import { byCurrency, count, money, percent } from "../../format.js";
import { useRows } from "../../load.js";
import { Empty, Panel } from "../../panel.js";
import { html } from "../../preact.js";
import { here } from "../../state.js";
import { Share, Table } from "../../table.js";
import { DIMENSIONS, Tabs, narrowed } from "./filters.js";

/** @typedef {import("./filters.js").Dimension} Dimension */
/**
 * @typedef {{
 *   base: string, asked: Record<string, any>, dimension: Dimension, params: Record<string, string>, tagKeys: any[],
 * }} RankingProps
 */

const MOST = 1000;

/** @param {RankingProps} props */
export function Ranking({ base, asked, dimension, params, tagKeys }) {
  const byResource = dimension.name === "resource";
  const tag = dimension.name === "tag" ? params.tag || tagKeys[0]?.key || "" : "";
  const path = dimension.name === "tag" && !tag ? null : `${base}/${byResource ? "by-resource" : "by-type"}`;
  const read = useRows(path, { ...asked, limit: MOST, ...(byResource ? {} : { dimension: dimension.name, tag }) }, MOST);
  const tabs = html`<${Tabs} label="Group by" name="by" value=${dimension.name} options=${DIMENSIONS.map((each) => ({ value: each.name, text: each.title }))} />`;
  return html`<${Panel} title="What it is made of" read=${path ? read : undefined} wide actions=${tabs} empty="No charges in this period.">
    ${() => html`${dimension.name === "tag" && html`<${TagKeys} keys=${tagKeys} chosen=${tag} />`}
      ${path && html`<${Rows} answer=${read.answer} dimension=${dimension} params=${{ ...params, tag }} />`}`}
  <//>`;
}

/** @param {{keys: any[], chosen: string}} props */
function TagKeys({ keys, chosen }) {
  if (!keys.length) return html`<${Empty}>No charge of this period carries a tag.<//>`;
  const names = [...new Set(keys.map((each) => each.key))];
  return html`<${Tabs} label="Tag" name="tag" value=${chosen} options=${names.map((key) => ({ value: key, text: key }))} />`;
}

/** @param {{answer: any, dimension: Dimension, params: Record<string, string>}} props */
function Rows({ answer, dimension, params }) {
  const byResource = dimension.name === "resource";
  const narrow = (/** @type {any} */ row) => narrowed(dimension, params, byResource ? { value: row.resource_id, present: Boolean(row.resource_id) } : row);
  const href = (/** @type {any} */ row) => {
    const changes = narrow(row);
    return changes && here(changes);
  };
  const columns = [
    { title: dimension.title, href, value: (/** @type {any} */ row) => (byResource ? row.resource_name || row.resource_id || noneOf(dimension) : row.value || noneOf(dimension)) },
    { title: "Cost", numeric: true, value: (/** @type {any} */ row) => money(row.cost, row.currency) },
    { title: "Share", value: (/** @type {any} */ row) => html`<${Share} share=${row.share} text=${percent(row.share)} />` },
    ...(byResource ? RESOURCE : [{ title: "Resources", numeric: true, value: (/** @type {any} */ row) => count(row.resources) }]),
    { title: "Charges", numeric: true, value: (/** @type {any} */ row) => count(row.rows) },
    { title: "Of unknown cost", numeric: true, value: (/** @type {any} */ row) => (row.unknown_rows ? count(row.unknown_rows) : "") },
  ];
  const more = answer.next_cursor ? `These are the ${count(MOST)} dearest; narrow the filters, or read the rest from the API.` : null;
  return html`<${Table} caption=${`Cost by ${dimension.title.toLowerCase()}`} columns=${columns} rows=${byCurrency(answer.data)} first=${15} more=${more} />`;
}

const RESOURCE = [
  { title: "Service", value: (/** @type {any} */ row) => row.service_name },
  { title: "Kind", value: (/** @type {any} */ row) => row.resource_type },
  { title: "Region", value: (/** @type {any} */ row) => row.region_id },
  { title: "Account", value: (/** @type {any} */ row) => row.account_id },
];

/** @param {Dimension} dimension */
function noneOf(dimension) {
  return dimension.name === "tag" ? "Without this tag" : `Without ${dimension.title.toLowerCase()}`;
}
