/** The first page: all clouds in one read, what changed, and what needs a person. */
import { byCurrency, count, day, delta, money, moneyTick, percent, shortDay } from "../format.js";
import { Chart } from "../chart.js";
import { useRead } from "../load.js";
import { Empty, Figure, Notice, Panel } from "../panel.js";
import { overTime } from "../plots.js";
import { html } from "../preact.js";
import { useSession } from "../session.js";
import { link } from "../state.js";
import { attention, Attention } from "./overview_attention.js";
import { Applications, Clouds, Resources, Utilisation, direction, partly } from "./overview_clouds.js";

/** @typedef {{currency: string, cost: string | null, previous: string | null, change: string | null, days: {day: string, cost: string | null}[], unknown_rows: number}} PeriodCost */

/** @param {import("../pages.js").PageProps} props */
export function Overview({ customer, provider, period }) {
  const { may } = useSession();
  const read = useRead(`/api/v2/overview/${customer}`, period);
  const held = useRead(may("credentials:write") ? "/api/v1/credentials" : null, { customer_id: customer });
  if (!read.answer) return html`<${Panel} title="Overview" read=${read} />`;
  const seen = chosen(read.answer, provider);
  const points = attention(seen, held.answer?.data || []);
  const props = { read, providers: seen.providers };
  return html`<${Withheld} parts=${seen.withheld} />
    <${Headline} answer=${seen} points=${points} />
    <div class="grid">
      ${seen.costs && html`<${Panel} title="Cost by day" read=${{ ...read, answer: partly(seen.providers, "costs") }} wide>${() => byDay(seen)}<//>`}
      <${Panel} title="Clouds" read=${read} wide>${() => html`<${Clouds} ...${props} />`}<//>
      <div class="column">
        <${Panel} title="Needs attention" read=${read}>${() => html`<${Attention} points=${points} />`}<//>
        <${Resources} ...${props} />
      </div>
      <div class="column">
        <${Applications} part=${seen.applications} />
        <${Utilisation} ...${props} />
      </div>
    </div>`;
}

/**
 * The answer for one cloud, or as it is for all of them; sums over clouds are the API's.
 * @param {any} answer
 * @param {string} provider
 */
function chosen(answer, provider) {
  if (provider === "all") return answer;
  const providers = answer.providers.filter((/** @type {any} */ each) => each.provider === provider);
  return { ...answer, providers, costs: answer.costs && (providers[0]?.costs?.data ?? []) };
}

/** @param {{parts: {part: string, scope: string}[]}} props */
function Withheld({ parts }) {
  if (!parts.length) return null;
  const scopes = [...new Set(parts.map((each) => each.scope))];
  return html`<${Notice} title=${`Not shown: ${parts.map((each) => each.part).join(", ")}`}>
    This key lacks ${scopes.map((scope, at) => html`${at ? ", " : ""}<code>${scope}</code>`)}; an administrator makes one that has it.
  <//>`;
}

/** @param {{answer: any, points: import("./overview_attention.js").Point[]}} props */
function Headline({ answer, points }) {
  const kinds = answer.providers.flatMap((/** @type {any} */ each) => each.resources?.data ?? []);
  const known = answer.providers.some((/** @type {any} */ each) => each.resources?.state === "collected");
  const calls = answer.applications?.data ?? [];
  return html`<dl class="figures">
    ${byCurrency(answer.costs ?? []).map((/** @type {any} */ cost) => html`<${CostFigure} cost=${cost} answer=${answer} />`)}
    <${Figure} label="Resources" value=${known ? count(added(kinds, "resources")) : "unknown"} remark=${known ? "in the last snapshots" : "not collected"} href=${link("/resources")} />
    ${answer.applications && html`<${Figure} label="Model calls, last 7 days" value=${count(added(calls, "requests"))} remark=${`${calls.length} applications`} href=${link("/applications")} />`}
    <${Urgency} points=${points} />
  </dl>`;
}

/** @param {{points: import("./overview_attention.js").Point[]}} props */
function Urgency({ points }) {
  const urgent = points.filter((point) => point.kind !== "info");
  const notes = points.length - urgent.length;
  const remark = [urgent.length ? "listed below" : "nothing is known to be wrong", ...(notes ? [`${count(notes)} notes`] : [])];
  return html`<${Figure} label="Needs attention" value=${count(urgent.length)} kind=${urgent.length ? "warn" : ""} remark=${remark.join(", ")} />`;
}

/**
 * @param {Record<string, any>[]} rows
 * @param {string} column - Of whole numbers.
 */
function added(rows, column) {
  return rows.reduce((sum, row) => sum + row[column], 0);
}

/** @param {{cost: PeriodCost, answer: any}} props */
function CostFigure({ cost, answer }) {
  const known = cost.previous !== null && cost.change !== null;
  const partial = answer.providers.some((/** @type {any} */ each) => each.costs?.state === "collected" && !each.costs.previous_complete);
  const share = known && Number(cost.previous) ? ` (${percent(Number(cost.change) / Number(cost.previous), true)})` : "";
  const against = `${day(answer.previous.start)} to ${day(answer.previous.end)}, UTC, end exclusive`;
  const remark = known
    ? html`<span class=${direction(cost.change)}>${delta(cost.change, cost.currency)}${share}</span>
        <span title=${against}>${partial ? " against an incomplete time before" : " against the time before"}</span>`
    : "nothing is known of the time before";
  return html`<${Figure} label=${`Cost, ${cost.currency}`} value=${money(cost.cost, cost.currency)} remark=${remark} href=${link("/costs")} />`;
}

/** @param {any} answer */
function byDay(answer) {
  if (!answer.costs.length) return html`<${Empty}>No charges in this period.<//>`;
  return byCurrency(answer.costs).map((/** @type {any} */ cost) => html`<${Days} cost=${cost} providers=${answer.providers} />`);
}

/** @param {{cost: PeriodCost, providers: any[]}} props */
function Days({ cost, providers }) {
  const { currency } = cost;
  const series = providers.flatMap((each) => {
    const own = each.costs?.data.find((/** @type {PeriodCost} */ part) => part.currency === currency);
    return own ? [{ name: each.title, kind: /** @type {"bar"} */ ("bar"), points: pointsOf(own) }] : [];
  });
  const plot = {
    series,
    stack: true,
    value: (/** @type {number} */ value) => moneyTick(value, currency),
    moment: shortDay,
    longMoment: day,
  };
  return html`<${Chart} label=${`Cost by day and cloud in ${currency}`} height=${220} option=${(/** @type {any} */ colours) => overTime(plot, colours)}
    columns=${dayColumns(currency)} rows=${cost.days} />`;
}

/**
 * @param {PeriodCost} cost
 * @returns {[string, number | null][]}
 */
function pointsOf(cost) {
  return cost.days.map((each) => [each.day, each.cost === null ? null : Number(each.cost)]);
}

/** @param {string} currency */
function dayColumns(currency) {
  return [
    { title: "Day", value: (/** @type {any} */ row) => day(row.day) },
    { title: "All clouds shown", numeric: true, value: (/** @type {any} */ row) => money(row.cost, currency) },
    { title: "Charges of unknown cost", numeric: true, value: (/** @type {any} */ row) => count(row.unknown_rows) },
  ];
}
