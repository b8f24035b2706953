/** How settled charges are: open while the period runs, closing until the provider is done, final. */
import { html } from "../../preact.js";
import { money, percent } from "../../format.js";
import { Badge } from "../../panel.js";

/** @typedef {{kind: string, title: string, column: string, means: string, opacity: number}} Finality */

/** @type {Finality[]} */
export const FINALITIES = [
  { kind: "final", title: "Final", column: "final_cost", means: "settled; the provider does not change it any more", opacity: 1 },
  { kind: "closing", title: "Closing", column: "closing_cost", means: "the period has ended and the provider may still change it", opacity: 0.75 },
  { kind: "open", title: "Open", column: "open_cost", means: "the billing period runs", opacity: 0.5 },
];
const BADGES = new Map([["final", "good"], ["closing", "info"], ["open", "plain"]]);

/** @param {{kind: string | null | undefined}} props */
export function FinalityBadge({ kind }) {
  const told = FINALITIES.find((each) => each.kind === kind);
  return told ? html`<${Badge} kind=${BADGES.get(told.kind)} title=${told.means}>${told.kind}<//>` : "unknown";
}

/**
 * The parts of a total that are final, closing and open, as a bar and in figures.
 * @param {{row: any}} props - A row of a total.
 */
export function Parts({ row }) {
  const whole = Number(row.cost);
  const parts = FINALITIES.map((each) => ({ ...each, cost: row[each.column], share: whole ? Number(row[each.column]) / whole : 0 }));
  return html`<div class="parts">
    <div class="parts-bar" aria-hidden="true">
      ${parts.map((each) => html`<span class=${each.kind} style=${{ width: `${Math.max(0, Math.min(1, each.share)) * 100}%` }}></span>`)}
    </div>
    <dl>${parts.map((each) => html`<div title=${each.means}><dt><span class=${`dot ${each.kind}`} aria-hidden="true"></span>${each.title}</dt><dd>${money(each.cost, row.currency)} <span class="note">${percent(each.share)}</span></dd></div>`)}</dl>
  </div>`;
}

/**
 * How settled each day is, by its start in milliseconds; from the metadata of the export.
 * @param {any} metadata
 * @returns {Map<number, string>}
 */
export function finalityByDay(metadata) {
  const sectors = metadata?.Recency?.TimeSectors ?? [];
  return new Map(sectors.map((/** @type {any} */ each) => [Date.parse(each.TimeSectorStart), each.x_Finality]));
}

/**
 * How strongly a period is drawn: as the least settled of its days.
 * @param {Map<number, string>} days
 * @param {number} start
 * @param {number} end
 */
export function opacityOf(days, start, end) {
  let least = 1;
  for (const [at, kind] of days) {
    if (at + 86_400_000 <= start || at >= end) continue;
    const told = FINALITIES.find((each) => each.kind === kind);
    if (told) least = Math.min(least, told.opacity);
  }
  return least;
}
