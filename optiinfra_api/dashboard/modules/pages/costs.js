/** What clouds charge: how much, for what, how settled it is, and what was changed later. */
import { byCurrency, count, money, words } from "../format.js";
import { useRead, useRows } from "../load.js";
import { Badge, Panel } from "../panel.js";
import { html } from "../preact.js";
import { BASES, Crumbs, GROUPS, REMEMBERED, Tabs, dimensionOf, filtersOf, filtersOfChanges } from "./costs/filters.js";
import { Export } from "./costs/export.js";
import { Parts, finalityByDay } from "./costs/finality.js";
import { Ranking } from "./costs/ranking.js";
import { Invoices, Restatements } from "./costs/settling.js";
import { Trend } from "./costs/trend.js";

const MOST_CHANGES = 1000;
/** As many series as there are colours. */
const TOP = 7;

/** @param {import("../pages.js").PageProps} props */
export function Costs({ customer, provider, period, params }) {
  const base = `/api/v2/costs/${customer}/${provider}`;
  const basis = params.cost || "effective";
  const group = params.group || "day";
  const dimension = dimensionOf(params);
  const filters = filtersOf(params);
  const changes = filtersOfChanges(filters);
  const asked = { ...period, ...filters, cost: basis };
  const total = useRead(`${base}/total`, asked);
  const tags = useRows(`${base}/tags`, { ...asked, limit: 1000 }, 1000);
  const reads = useTrend(base, { asked, changed: { ...period, ...changes.known }, period, basis, group, dimension: dimension.name, tag: params.tag || tags.answer?.data[0]?.key || "" });
  const invoices = useRead(`${base}/invoices`, period);
  return html`<div class="toolbar">
      <${Tabs} label="Basis of cost" name="cost" value=${basis} options=${BASES.map((each) => ({ value: each, text: words(each) }))} />
      <${Export} base=${base} name=${`${customer}-${provider}`} period=${period} />
    </div>
    <${Crumbs} params=${params} />
    <div class="grid">
      <${Panel} title="Total" read=${total} wide empty="No charges in this period.">${(/** @type {any} */ answer) => byCurrency(answer.data).map((/** @type {any} */ row) => html`<${Total} row=${row} />`)}<//>
      <${TrendPanel} reads=${reads} group=${group} />
      <${Ranking} base=${base} asked=${asked} dimension=${dimension} params=${params} tagKeys=${tags.answer?.data ?? []} />
      <${Restatements} read=${reads.restated} basis=${basis} remembered=${REMEMBERED.includes(basis)} whole=${changes.all} />
      <${Invoices} read=${invoices} />
    </div>`;
}

/**
 * What the trend is drawn from.
 * @param {string} base
 * @param {{asked: Record<string, any>, changed: Record<string, any>, period: Record<string, string>, basis: string, group: string, dimension: string, tag: string}} wanted
 */
function useTrend(base, { asked, changed, period, basis, group, dimension, tag }) {
  const splits = dimension !== "resource" && (dimension !== "tag" || Boolean(tag));
  const split = { ...asked, group_by: group, dimension, top: TOP, ...(dimension === "tag" ? { tag } : {}) };
  return {
    trend: useRead(`${base}/trends`, { ...asked, group_by: group }),
    split: useRead(splits ? `${base}/trends-by-type` : null, split),
    splits,
    restated: useRows(REMEMBERED.includes(basis) ? `${base}/restatements` : null, { ...changed, cost: basis, limit: MOST_CHANGES }, MOST_CHANGES),
    finality: useRead(`${base}/export/metadata`, { ...period, version: "1.3" }),
  };
}

/** @param {{reads: ReturnType<typeof useTrend>, group: string}} props */
function TrendPanel({ reads, group }) {
  const lengths = html`<${Tabs} label="Length of a period" name="group" value=${group} options=${GROUPS.map((each) => ({ value: each, text: words(each) }))} />`;
  const needed = reads.splits ? [reads.trend, reads.split] : [reads.trend];
  return html`<${Panel} title="Cost over time" reads=${needed} wide actions=${lengths} empty="No charges in this period.">
    ${(/** @type {any} */ trend, /** @type {any} */ split) => html`<${Trend} group=${group} trend=${trend.data} split=${split ? split.data : null}
      restated=${reads.restated.answer?.data ?? []} finality=${finalityByDay(reads.finality.answer)} />`}
  <//>`;
}

/** @param {{row: any}} props */
function Total({ row }) {
  return html`<div class="total">
    <dl class="figures"><div class="figure"><dt>Total, ${row.currency}</dt><dd>${money(row.cost, row.currency)}</dd>
      <dd class="remark">${count(row.rows)} charges, ${count(row.resources)} resources
        ${row.unknown_rows > 0 && html` <${Badge} kind="warn" title="They are in no sum.">${count(row.unknown_rows)} of unknown cost<//>`}</dd></div></dl>
    ${row.cost !== null && html`<${Parts} row=${row} />`}
  </div>`;
}
