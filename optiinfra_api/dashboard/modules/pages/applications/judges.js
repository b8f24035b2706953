/** How far each judge can be trusted, and what judging may still cost. */
import { count, day, money, percent, words } from "../../format.js";
import { Interval } from "../../interval.js";
import { useRead } from "../../load.js";
import { Badge, Panel } from "../../panel.js";
import { html } from "../../preact.js";
import { Share, Table } from "../../table.js";
import { judge } from "./quality.js";

/** @typedef {any} Card */
/** @typedef {any} Cap */

/** @param {{base: string, chosen: Record<string, string | undefined>}} props */
export function Judges({ base, chosen }) {
  const read = useRead(`${base}/judges`, chosen);
  return html`<${Panel} title="Judges" read=${read} wide empty="No judge answered in this period.">
    ${(/** @type {any} */ answer) => html`<${Table} caption="Judges" columns=${CARDS} rows=${answer.data} />`}
  <//>`;
}

/** @param {{base: string, chosen: Record<string, string | undefined>}} props */
export function Caps({ base, chosen }) {
  const read = useRead(`${base}/cost`, chosen);
  return html`<${Panel} title="Cost of judging" read=${read} wide empty="Nothing was spent on judging.">
    ${(/** @type {any} */ answer) => html`<${Table} caption="Cost of judging" columns=${CAPS} rows=${answer.data} />`}
  <//>`;
}

/** Against people where they labelled, else against the gold set.
 * @param {Card} card */
function agreement(card) {
  const found = card.people || card.gold;
  if (!found) return "never checked";
  return html`<${Interval} estimate=${found.balanced_accuracy} /> <span class="note">${count(found.items)} items ${card.people ? "labelled by people" : "of the gold set"}</span>`;
}

/** @param {Card} card */
function unanswered(card) {
  const parts = ["error", "refused", "unparseable", "skipped"].filter((name) => card[name]);
  return parts.map((name) => `${count(card[name])} ${name}`).join(", ") || "none";
}

/** @param {number | null} value */
function correlation(value) {
  return value === null ? "unknown" : value.toFixed(2);
}

const CARDS = [
  { title: "Judge", value: judge },
  { title: "Metric", value: (/** @type {Card} */ card) => words(card.metric_name) },
  { title: "Rubric", value: (/** @type {Card} */ card) => html`<code>${card.rubric_version}</code>` },
  { title: "Balanced accuracy", value: agreement },
  { title: "Says the same again", value: (/** @type {Card} */ card) => html`<${Interval} estimate=${card.replicate_agreement} />` },
  { title: "Rates length", numeric: true, value: (/** @type {Card} */ card) => correlation(card.length_correlation) },
  { title: "Answered", numeric: true, value: (/** @type {Card} */ card) => `${count(card.answered)} of ${count(card.judgements)}` },
  { title: "Unanswered", value: unanswered },
  { title: "Tampered", numeric: true, value: (/** @type {Card} */ card) => count(card.tampered) },
  { title: "Cost", numeric: true, value: (/** @type {Card} */ card) => money(card.cost_usd, "USD") },
];

const CAPS = [
  { title: "Cap", value: (/** @type {Cap} */ cap) => words(cap.scope) },
  { title: "Application", value: (/** @type {Cap} */ cap) => cap.application_id || "all" },
  { title: "Period", value: (/** @type {Cap} */ cap) => day(cap.period) },
  { title: "Limit", numeric: true, value: (/** @type {Cap} */ cap) => money(cap.cap_usd, "USD") },
  { title: "Spent", numeric: true, value: (/** @type {Cap} */ cap) => money(cap.spent_usd, "USD") },
  { title: "Used", value: (/** @type {Cap} */ cap) => html`<${Share} share=${cap.used} text=${percent(cap.used)} />` },
  { title: "Remark", value: (/** @type {Cap} */ cap) => (cap.exhausted ? html`<${Badge} kind="warn">nothing more is judged<//>` : "") },
];
