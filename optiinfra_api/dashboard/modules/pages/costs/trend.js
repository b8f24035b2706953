/** Cost over time: split or whole, how settled each period is, and what was restated when. */
import { Chart } from "../../chart.js";
import { clock, count, currenciesOf, day, delta, money, moneyTick, shortDay, time } from "../../format.js";
import { Empty } from "../../panel.js";
import { overTime } from "../../plots.js";
import { html } from "../../preact.js";
import { change } from "../../state.js";
import { opacityOf } from "./finality.js";

const DAY = 86_400_000;
/** More periods than this are drawn as an area: bars would be hairs. */
const MOST_BARS = 120;
/** What a click on a period of one length shows: that period by the next shorter one. */
const FINER = new Map([
  ["month", "day"],
  ["week", "day"],
  ["day", "hour"],
]);

/**
 * @typedef {{
 *   group: string, trend: any[], split: any[] | null, restated: any[], finality: Map<number, string>,
 * }} TrendProps
 */

/** @param {TrendProps} props */
export function Trend(props) {
  const currencies = currenciesOf(props.trend);
  if (!currencies.length) return html`<${Empty}>No charges in this period.<//>`;
  return html`${currencies.map((currency) => html`<${OneCurrency} ...${props} currency=${currency} />`)}
    <p class="note">Final periods are drawn solid, closing ones lighter, open ones lightest. Dotted marks: the provider changed charges of that time after they were first served.</p>`;
}

/** @param {TrendProps & {currency: string}} props */
function OneCurrency({ currency, group, trend, split, restated, finality }) {
  const rows = trend.filter((row) => row.currency === currency);
  const changes = byPeriod(restated.filter((row) => row.currency === currency), group);
  const kind = rows.length > MOST_BARS ? "area" : "bar";
  const parts = split ? seriesOf(split.filter((row) => row.currency === currency), rows) : [{ name: currency, points: pointsOf(rows) }];
  const opacity = (/** @type {string} */ at) => opacityOf(finality, Date.parse(at), endOf(at, group));
  const plot = {
    series: parts.map((each, at) => ({ ...each, kind: /** @type {"bar" | "area"} */ (kind), opacity, marks: at ? [] : marksOf(changes) })),
    stack: true,
    value: (/** @type {number} */ value) => moneyTick(value, currency),
    moment: group === "hour" ? (/** @type {any} */ at) => `${shortDay(at)} ${clock(at)}` : shortDay,
    longMoment: group === "hour" ? time : day,
    remark: (/** @type {number} */ at) => remarkOf(changes.get(at)),
  };
  const zoom = (/** @type {number} */ moment) => open(nearest(rows, moment), group);
  return html`<${Chart} label=${`Cost by ${group} in ${currency}`} height=${300} onMoment=${zoom}
    option=${(/** @type {any} */ colours) => overTime(plot, colours)} columns=${columnsOf(currency, group, changes)} rows=${rows} />`;
}

/**
 * Show one period alone, in shorter ones.
 * @param {string | undefined} at
 * @param {string} group
 */
function open(at, group) {
  const finer = FINER.get(group);
  if (at && finer) change({ start: at, end: new Date(endOf(at, group)).toISOString(), group: finer, days: null });
}

/**
 * The period whose start is nearest to a moment: bars stand around the start of theirs.
 * @param {any[]} rows
 * @param {number} moment
 * @returns {string | undefined}
 */
function nearest(rows, moment) {
  const distance = (/** @type {any} */ row) => Math.abs(Date.parse(row.period) - moment);
  return rows.toSorted((a, b) => distance(a) - distance(b))[0]?.period;
}

/**
 * @param {any[]} rows
 * @returns {[string, number | null][]}
 */
function pointsOf(rows) {
  return rows.map((row) => [row.period, row.cost === null ? null : Number(row.cost)]);
}

/**
 * The parts of a split as series over the same periods; others come last.
 * @param {any[]} split
 * @param {any[]} rows
 */
function seriesOf(split, rows) {
  /** @type {Map<string, Map<string, string | null>>} */
  const found = new Map();
  for (const row of split) {
    const name = nameOf(row);
    found.set(name, (found.get(name) || new Map()).set(row.period, row.cost));
  }
  const names = [...found.keys()].sort((a, b) => Number(a === OTHERS) - Number(b === OTHERS));
  return names.map((name) => {
    const costs = found.get(name);
    return { name, points: pointsOf(rows.map((row) => ({ period: row.period, cost: costs?.get(row.period) ?? null }))) };
  });
}

const OTHERS = "all others";

/** @param {{value: string, present: boolean, others: boolean}} row */
function nameOf(row) {
  if (row.others) return OTHERS;
  return row.present && row.value ? row.value : "without it";
}

/**
 * The first moment after the period that starts at `at`.
 * @param {string} at
 * @param {string} group
 */
function endOf(at, group) {
  const start = new Date(at);
  if (group === "month") return Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 1);
  if (group === "hour") return start.getTime() + DAY / 24;
  return start.getTime() + (group === "week" ? 7 : 1) * DAY;
}

/**
 * The start of the period that a moment is in.
 * @param {string} at
 * @param {string} group
 */
function startOf(at, group) {
  const moment = new Date(at);
  const midnight = Date.UTC(moment.getUTCFullYear(), moment.getUTCMonth(), moment.getUTCDate());
  if (group === "month") return Date.UTC(moment.getUTCFullYear(), moment.getUTCMonth(), 1);
  if (group === "week") return midnight - ((moment.getUTCDay() + 6) % 7) * DAY;
  return group === "hour" ? midnight + moment.getUTCHours() * (DAY / 24) : midnight;
}

/**
 * @param {any[]} restated
 * @param {string} group
 * @returns {Map<number, any[]>}
 */
function byPeriod(restated, group) {
  /** @type {Map<number, any[]>} */
  const found = new Map();
  for (const row of restated) {
    const at = startOf(row.charge_period_start, group);
    found.set(at, [...(found.get(at) || []), row]);
  }
  return found;
}

/** @param {Map<number, any[]>} changes */
function marksOf(changes) {
  return [...changes].map(([at, rows]) => ({ at: new Date(at).toISOString(), text: remarkOf(rows) }));
}

/** @param {any[] | undefined} rows */
function remarkOf(rows) {
  if (!rows) return "";
  return rows.length === 1 ? "1 charge was changed later" : `${count(rows.length)} charges were changed later`;
}

/**
 * @param {string} currency
 * @param {string} group
 * @param {Map<number, any[]>} changes
 */
function columnsOf(currency, group, changes) {
  return [
    { title: "Period", value: (/** @type {any} */ row) => (group === "hour" ? time(row.period) : day(row.period)) },
    { title: "Cost", numeric: true, value: (/** @type {any} */ row) => money(row.cost, currency) },
    { title: "Change", numeric: true, value: (/** @type {any} */ row) => (row.change === null ? "" : delta(row.change, currency)) },
    { title: "Charges", numeric: true, value: (/** @type {any} */ row) => count(row.rows) },
    { title: "Of unknown cost", numeric: true, value: (/** @type {any} */ row) => count(row.unknown_rows) },
    { title: "Changed later", numeric: true, value: (/** @type {any} */ row) => count(changes.get(Date.parse(row.period))?.length ?? 0) },
    { title: "Complete", value: (/** @type {any} */ row) => (row.complete ? "yes" : "no") },
  ];
}
