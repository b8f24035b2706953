/** An estimate with its 95 % interval, drawn on a scale from 0 to 1 and told in words. */
import { count, percent } from "./format.js";
import { html } from "./preact.js";

/** @typedef {{value: number, low: number, high: number, n: number}} Estimate */

const WIDTH = 110;
const HEIGHT = 14;
const EDGE = 4;

/** @param {number} share */
function at(share) {
  return EDGE + Math.max(0, Math.min(1, share)) * (WIDTH - 2 * EDGE);
}

/**
 * The words of an estimate: "92 % (86 to 96 %), of 120".
 * @param {Estimate | null | undefined} estimate
 */
export function told(estimate) {
  if (!estimate) return "unknown";
  return `${percent(estimate.value)} (${percent(estimate.low)} to ${percent(estimate.high)}), n ${count(estimate.n)}`;
}

/**
 * `reference` is another value to hold it against, such as a baseline's.
 * @param {{estimate: Estimate | null | undefined, reference?: number | null}} props
 */
export function Interval({ estimate, reference }) {
  if (!estimate) return html`<span class="note">unknown</span>`;
  const middle = HEIGHT / 2;
  return html`<span class="interval">
    <svg width=${WIDTH} height=${HEIGHT} viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
      <line class="scale" x1=${at(0)} x2=${at(1)} y1=${middle} y2=${middle} />
      ${reference !== null && reference !== undefined && html`<line class="reference" x1=${at(reference)} x2=${at(reference)} y1="1" y2=${HEIGHT - 1} />`}
      <line class="range" x1=${at(estimate.low)} x2=${at(estimate.high)} y1=${middle} y2=${middle} />
      <circle cx=${at(estimate.value)} cy=${middle} r="3.5" />
    </svg>
    <span>${percent(estimate.value)} <span class="note">${percent(estimate.low)} to ${percent(estimate.high)}, n ${count(estimate.n)}</span></span>
  </span>`;
}
