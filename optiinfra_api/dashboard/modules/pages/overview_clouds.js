/** The parts of the first page that compare clouds: figures, utilisation, resources, applications. */
import { count, delta, duration, money, percent, time, words } from "../format.js";
import { Badge, Empty, Panel } from "../panel.js";
import { html } from "../preact.js";
import { link } from "../state.js";
import { Share, Table } from "../table.js";
import { measured } from "../units.js";

const WIDTH = 96;
const HEIGHT = 22;
const STATES = new Map([
  ["not-collected", "not collected"],
  ["not-supported", "not supported"],
]);

/** @typedef {{read: import("../load.js").Read<any>, providers: any[]}} Shown */

/** @param {Shown} props */
export function Clouds({ providers }) {
  const connected = providers.filter((each) => each.connected);
  const others = providers.filter((each) => !each.connected);
  const rows = connected.flatMap((each) => (each.costs?.data.length ? each.costs.data.map((/** @type {any} */ cost) => ({ ...each, cost })) : [{ ...each, cost: null }]));
  const columns = [
    { title: "Cloud", value: (/** @type {any} */ row) => row.title, href: (/** @type {any} */ row) => link("/costs", { provider: row.provider }) },
    { title: "Cost", numeric: true, value: (/** @type {any} */ row) => (row.cost ? money(row.cost.cost, row.cost.currency) : why(row.costs)) },
    { title: "Before", numeric: true, value: (/** @type {any} */ row) => (row.cost ? money(row.cost.previous, row.cost.currency) : "") },
    { title: "Change", numeric: true, value: (/** @type {any} */ row) => (row.cost ? changed(row.cost) : "") },
    { title: "Trend", value: (/** @type {any} */ row) => (row.cost ? html`<${Spark} days=${row.cost.days} />` : "") },
    { title: "Resources", numeric: true, value: (/** @type {any} */ row) => owned(row.resources) },
    { title: "Newest data", value: (/** @type {any} */ row) => newest(row) },
    { title: "State", value: (/** @type {any} */ row) => states(row) },
  ];
  return html`${rows.length ? html`<${Table} caption="Clouds compared" columns=${columns} rows=${rows} />` : html`<${Empty}>No cloud account is connected. <a href=${link("/credentials")}>Credentials</a> says how.<//>`}
    ${others.length > 0 && html`<p class="note">Not connected: ${others.map((each) => each.title).join(", ")}.</p>`}`;
}

/** @param {any} part */
function why(part) {
  return part ? STATES.get(part.state) || "no charges" : "withheld";
}

/** @param {any} cost */
function changed(cost) {
  if (cost.change === null) return "unknown";
  const share = Number(cost.previous) ? ` ${percent(Number(cost.change) / Number(cost.previous), true)}` : "";
  return html`<span class=${direction(cost.change)}>${delta(cost.change, cost.currency)}${share}</span>`;
}

/**
 * The class of a change: dearer, cheaper or neither.
 * @param {string | null} amount
 */
export function direction(amount) {
  const change = Number(amount);
  return change > 0 ? "up" : change < 0 ? "down" : "";
}

/** @param {any} part */
function owned(part) {
  if (!part) return "withheld";
  if (part.state !== "collected") return STATES.get(part.state);
  return count(part.data.reduce((/** @type {number} */ sum, /** @type {any} */ each) => sum + each.resources, 0));
}

/** @param {any} provider */
function newest(provider) {
  const parts = [provider.costs, provider.performance, provider.resources].filter((part) => part?.as_of);
  if (!parts.length) return "never";
  const freshest = parts.reduce((a, b) => (a.freshness_seconds <= b.freshness_seconds ? a : b));
  return html`<span title=${time(freshest.as_of)}>${duration(freshest.freshness_seconds)} ago</span>`;
}

/** @param {any} provider */
function states(provider) {
  const parts = ["costs", "performance", "resources"].map((name) => ({ name, part: provider[name] })).filter((each) => each.part?.state === "collected");
  const wrong = parts.flatMap(({ name, part }) => {
    if (part.failing) return [html`<${Badge} kind="bad" title=${part.reason}>${name} failing<//> `];
    if (part.stale) return [html`<${Badge} kind="warn">${name} stale<//> `];
    return part.complete ? [] : [html`<${Badge} kind="info" title=${`${part.coverage.committed} of ${part.coverage.expected} windows`}>${name} incomplete<//> `];
  });
  return wrong.length ? wrong : html`<${Badge} kind="good">well<//>`;
}

/**
 * The days as a small line; the table above it holds the figures.
 * @param {{days: {cost: string | null}[]}} props
 */
function Spark({ days }) {
  const known = days.map((each) => Number(each.cost ?? 0));
  const most = Math.max(...known, 0) || 1;
  const step = WIDTH / Math.max(1, known.length - 1);
  const points = known.map((value, at) => `${(at * step).toFixed(1)},${(HEIGHT - 2 - (Math.max(0, value) / most) * (HEIGHT - 4)).toFixed(1)}`);
  return html`<svg class="spark" viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} width=${WIDTH} height=${HEIGHT} aria-hidden="true"><polyline points=${points.join(" ")} /></svg>`;
}

/** @param {Shown} props */
export function Utilisation({ read, providers }) {
  const parts = providers.filter((each) => each.performance);
  const rows = parts.flatMap((each) => each.performance.data.map((/** @type {any} */ metric) => ({ ...metric, title: each.title, provider: each.provider })));
  // A share of what there is compares across clouds; other units follow.
  rows.sort((a, b) => Number(b.unit === "%") - Number(a.unit === "%") || a.metric_name.localeCompare(b.metric_name));
  const columns = [
    { title: "Metric", value: (/** @type {any} */ row) => html`${words(row.metric_name)}<br /><span class="note">${row.title}</span>`, href: (/** @type {any} */ row) => link("/performance", { provider: row.provider, metric: row.metric_name }) },
    { title: "Mean", value: (/** @type {any} */ row) => level(row.avg, row.unit) },
    { title: "p95", numeric: true, value: (/** @type {any} */ row) => measured(row.p95, row.unit) },
    { title: "Resources", numeric: true, value: (/** @type {any} */ row) => count(row.resources) },
  ];
  if (!parts.length) return null;
  return html`<${Panel} title="Utilisation, last day" reads=${[{ ...read, answer: partly(parts, "performance") }]}>
    ${() => (rows.length ? html`<${Table} caption="Metrics of the last day" columns=${columns} rows=${rows} first=${10} />` : html`<${Empty}>${reasons(parts, "performance")}<//>`)}
  <//>`;
}

/**
 * @param {number} value
 * @param {string} unit
 */
function level(value, unit) {
  if (unit !== "%") return measured(value, unit);
  return html`<${Share} share=${value / 100} text=${measured(value, unit)} />`;
}

/** @param {Shown} props */
export function Resources({ read, providers }) {
  const parts = providers.filter((each) => each.resources);
  const rows = parts.flatMap((each) => each.resources.data.map((/** @type {any} */ kind) => ({ ...kind, title: each.title, provider: each.provider })));
  rows.sort((a, b) => b.resources - a.resources);
  const columns = [
    { title: "Kind", value: (/** @type {any} */ row) => html`${row.resource_type}<br /><span class="note">${row.title}</span>`, href: (/** @type {any} */ row) => link("/resources", { provider: row.provider, resource_type: row.resource_type }) },
    { title: "State", value: (/** @type {any} */ row) => row.status },
    { title: "Resources", numeric: true, value: (/** @type {any} */ row) => count(row.resources) },
  ];
  if (!parts.length) return null;
  return html`<${Panel} title="Resources, last snapshot" reads=${[{ ...read, answer: partly(parts, "resources") }]}>
    ${() => (rows.length ? html`<${Table} caption="Resources by kind and state" columns=${columns} rows=${rows} first=${10} />` : html`<${Empty}>${reasons(parts, "resources")}<//>`)}
  <//>`;
}

/** @param {{part: any}} props */
export function Applications({ part }) {
  if (!part) return null;
  const columns = [
    { title: "Application", value: (/** @type {any} */ row) => row.application_id, href: (/** @type {any} */ row) => link("/applications", { application: row.application_id }) },
    { title: "Calls", numeric: true, value: (/** @type {any} */ row) => count(row.requests) },
    { title: "Errors", numeric: true, value: (/** @type {any} */ row) => percent(row.error_rate) },
    { title: "Cost", numeric: true, value: (/** @type {any} */ row) => money(row.cost_usd, "USD") },
    { title: "Answers that pass", value: (/** @type {any} */ row) => passing(row.pass_rate) },
  ];
  return html`<${Panel} title="Applications, last 7 days" reads=${[{ answer: part, problem: null, loading: false }]} empty=${part.reason || "No calls of language models."}>
    ${() => html`<${Table} caption="Applications and their answers" columns=${columns} rows=${part.data} first=${10} />`}
  <//>`;
}

/** @param {{value: number, low: number, high: number, n: number} | null} rate */
function passing(rate) {
  if (!rate) return "not judged";
  return html`${percent(rate.value)} <span class="note" title=${`${count(rate.n)} answers judged`}>(${percent(rate.low)} to ${percent(rate.high)})</span>`;
}

/**
 * What the parts of several clouds stand on together: the oldest of those that have anything.
 * @param {any[]} providers
 * @param {string} name
 */
export function partly(providers, name) {
  const parts = providers.map((each) => each[name]).filter((part) => part.state === "collected");
  if (!parts.length) return { as_of: null, freshness_seconds: null, complete: false, data: [] };
  const oldest = parts.reduce((a, b) => (a.freshness_seconds >= b.freshness_seconds ? a : b));
  const partial = parts.find((part) => !part.complete);
  return { ...oldest, stale: parts.some((part) => part.stale), complete: !partial, coverage: (partial || oldest).coverage };
}

/**
 * @param {any[]} providers
 * @param {string} name
 */
function reasons(providers, name) {
  return [...new Set(providers.map((each) => each[name].reason).filter(Boolean))].join(" ") || "There is none.";
}
