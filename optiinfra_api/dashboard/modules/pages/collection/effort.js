/** What collecting itself costs: calls to providers, and how budgets stand. */
import { Chart } from "../../chart.js";
import { count, day, money, moneyTick, shortDay, time, words } from "../../format.js";
import { useRead } from "../../load.js";
import { Badge, Figure, Panel } from "../../panel.js";
import { overTime, ranked } from "../../plots.js";
import { html } from "../../preact.js";
import { Choice } from "../../shell.js";
import { change } from "../../state.js";
import { Table } from "../../table.js";

/** @typedef {any} Row */

const GROUPS = ["day", "provider", "account", "data_type", "operation", "run"].map((value) => ({ value, text: words(value) }));
const SHOWN = 31;

/** @param {{customer: string, cloud: string | undefined, period: Record<string, string>, group: string | undefined}} props */
export function Effort({ customer, cloud, period, group }) {
  const by = GROUPS.find((each) => each.value === group)?.value || "day";
  const read = useRead("/api/v1/collect/cost", { ...period, customer_id: customer, provider: cloud, group_by: by });
  const actions = html`<${Choice} label="By" value=${by} options=${GROUPS} onChoose=${(/** @type {string} */ value) => change({ by: value })} />`;
  return html`<${Panel} title="Cost of collecting" note="Estimated by the providers' price lists." read=${read} wide actions=${actions}>
    ${(/** @type {any} */ answer) => html`
      <dl class="figures">
        <${Figure} label="In the period" value=${money(answer.total.usd, "USD")} />
        <${Figure} label="This month" value=${money(answer.month_to_date_usd, "USD")} />
        <${Figure} label="Projected for the month" value=${money(answer.projected_month_usd, "USD")} />
        <${Figure} label="Calls" value=${count(answer.total.calls)} />
        <${Figure} label="Throttled" value=${count(answer.total.throttled)} />
        <${Figure} label="Failed calls" value=${count(answer.total.errors)} />
      </dl>
      ${answer.data.length > 0 && html`<${Groups} rows=${answer.data.slice(-SHOWN)} by=${by} />`}
      <${Table} caption="Budgets" columns=${BUDGETS} rows=${answer.accounts} />`}
  <//>`;
}

/** @param {{rows: Row[], by: string}} props */
function Groups({ rows, by }) {
  const plot = {
    names: rows.map((row) => row.key),
    values: rows.map((row) => Number(row.usd)),
    value: (/** @type {number} */ value) => moneyTick(value, "USD"),
    tip: (/** @type {number} */ at) => money(rows[at].usd, "USD"),
  };
  const columns = [
    { title: words(by), value: (/** @type {Row} */ row) => row.key },
    { title: "Dollars", numeric: true, value: (/** @type {Row} */ row) => money(row.usd, "USD") },
    { title: "Calls", numeric: true, value: (/** @type {Row} */ row) => count(row.calls) },
    { title: "Throttled", numeric: true, value: (/** @type {Row} */ row) => count(row.throttled) },
    { title: "Failed", numeric: true, value: (/** @type {Row} */ row) => count(row.errors) },
  ];
  const option = (/** @type {any} */ colours) => (by === GROUPS[0]?.value ? daily(rows, colours) : ranked(plot, colours));
  return html`<${Chart} label=${`Cost of collecting by ${words(by).toLowerCase()}`} columns=${columns} rows=${rows} height=${220} option=${option} />`;
}

/**
 * @param {Row[]} rows
 * @param {import("../../theme.js").Palette} colours
 */
function daily(rows, colours) {
  const points = rows.map((row) => /** @type {[string, number]} */ ([row.key, Number(row.usd)]));
  const value = (/** @type {number} */ usd) => moneyTick(usd, "USD");
  return overTime({ series: [{ name: "Dollars", kind: "bar", points }], value, moment: shortDay, longMoment: day }, colours);
}

const BUDGETS = [
  { title: "Account", value: (/** @type {Row} */ row) => `${row.provider} ${row.account_id}` },
  { title: "This month", numeric: true, value: (/** @type {Row} */ row) => money(row.month_to_date_usd, "USD") },
  { title: "Projected", numeric: true, value: (/** @type {Row} */ row) => money(row.projected_month_usd, "USD") },
  { title: "Budget", numeric: true, value: (/** @type {Row} */ row) => (row.budget_usd === null ? "no limit" : money(row.budget_usd, "USD")) },
  {
    title: "Remark",
    value: (/** @type {Row} */ row) => (row.slowed_until ? html`<${Badge} kind="warn">slowed until ${time(row.slowed_until)}<//>` : ""),
  },
];
