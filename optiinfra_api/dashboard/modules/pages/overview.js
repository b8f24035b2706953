/** The first page: what all clouds cost, against the time before, and where. */
import { day, money, moneyTick, percent, shortDay } from "../format.js";
import { Chart } from "../chart.js";
import { useRead } from "../load.js";
import { Figure, Panel } from "../panel.js";
import { overTime } from "../plots.js";
import { html } from "../preact.js";
import { link } from "../state.js";
import { Share, Table } from "../table.js";

/** @param {import("../pages.js").PageProps} props */
export function Overview({ customer, provider, period }) {
  const base = `/api/v2/costs/${customer}/${provider}`;
  const total = useRead(`${base}/total`, period);
  const trend = useRead(`${base}/trends`, { ...period, group_by: "day" });
  const clouds = useRead(`${base}/by-type`, { ...period, dimension: "provider" });
  return html`<div class="grid">
    <${Panel} title="Cost of the period" read=${total} wide empty="No charges in this period.">${totals}<//>
    <${Panel} title="Cost by day" read=${trend} wide empty="No charges in this period.">${trends}<//>
    <${Panel} title="Cost by cloud" read=${clouds} wide empty="No charges in this period.">${byCloud}<//>
  </div>`;
}

/** @param {import("../api.js").Answer<any>} answer */
function totals({ data }) {
  return html`<dl class="figures">
    ${data.map((row) => html`<${Figure} label=${`Total, ${row.currency}`} value=${money(row.cost, row.currency)} />
      <${Figure} label="Final" value=${money(row.final_cost, row.currency)} />
      <${Figure} label="Closing" value=${money(row.closing_cost, row.currency)} />
      <${Figure} label="Open" value=${money(row.open_cost, row.currency)} />`)}
  </dl>`;
}

/** @param {import("../api.js").Answer<any>} answer */
function trends({ data }) {
  const currencies = [...new Set(data.map((row) => row.currency))];
  return currencies.map((currency) => html`<${Trend} currency=${currency} rows=${data.filter((row) => row.currency === currency)} />`);
}

/** @param {{currency: string, rows: any[]}} props */
function Trend({ currency, rows }) {
  const points = rows.map((row) => [row.period, row.cost === null ? null : Number(row.cost)]);
  const plot = {
    series: [{ name: currency, kind: /** @type {"bar"} */ ("bar"), points }],
    value: (/** @type {number} */ value) => moneyTick(value, currency),
    moment: shortDay,
    longMoment: day,
  };
  const columns = [
    { title: "Day", value: (/** @type {any} */ row) => day(row.period) },
    { title: "Cost", numeric: true, value: (/** @type {any} */ row) => money(row.cost, currency) },
  ];
  return html`<${Chart} label=${`Cost by day in ${currency}`} option=${(/** @type {any} */ colours) => overTime(/** @type {any} */ (plot), colours)} columns=${columns} rows=${rows} />`;
}

/** @param {import("../api.js").Answer<any>} answer */
function byCloud({ data }) {
  const columns = [
    { title: "Cloud", value: (/** @type {any} */ row) => row.value, href: (/** @type {any} */ row) => link("/", { provider: row.value }) },
    { title: "Cost", numeric: true, value: (/** @type {any} */ row) => money(row.cost, row.currency) },
    { title: "Share", value: (/** @type {any} */ row) => html`<${Share} share=${row.share} text=${percent(row.share)} />` },
  ];
  return html`<${Table} caption="Cost by cloud" columns=${columns} rows=${data} />`;
}
