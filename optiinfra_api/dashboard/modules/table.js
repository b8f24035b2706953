/** Rows as a table that a keyboard and a screen reader can follow. */
import { count } from "./format.js";
import { html, useState } from "./preact.js";

/** @typedef {import("../vendor/htm-preact-3.1.1.js").Child} Child */

/**
 * One column. `value` is what is shown; `href` makes it a link; `numeric` sets it right;
 * `short` keeps it on one line, `wide` gives it room.
 * @typedef {{
 *   title: string, value: (row: any) => Child, numeric?: boolean, href?: (row: any) => string | null,
 *   wide?: boolean, short?: boolean,
 * }} Column
 */

const STEP = 50;

/**
 * A table of `rows`; longer ones show `first` rows and a button for more.
 * @param {{caption: string, columns: Column[], rows: any[], first?: number, more?: string | null}} props
 */
export function Table({ caption, columns, rows, first = STEP, more = null }) {
  const [shown, setShown] = useState(first);
  const visible = rows.slice(0, shown);
  return html`<div class="table" role="group" aria-label=${caption} tabindex="0">
      <table>
        <caption class="unseen">${caption}</caption>
        <thead><tr>${columns.map((column) => html`<th scope="col" class=${classOf(column)}>${column.title}</th>`)}</tr></thead>
        <tbody>${visible.map((row) => html`<tr>${columns.map((column, at) => cell(column, row, at))}</tr>`)}</tbody>
      </table>
    </div>
    ${rows.length > shown &&
    html`<button class="plain" onClick=${() => setShown(shown + 4 * STEP)}>Show more (${count(rows.length - shown)} left)</button>`}
    ${rows.length <= shown && more && html`<p class="note">${more}</p>`}`;
}

/** @param {Column} column */
function classOf(column) {
  if (column.numeric) return "numeric";
  if (column.short) return "short";
  return column.wide ? "long" : "";
}

/**
 * @param {Column} column
 * @param {any} row
 * @param {number} at
 */
function cell(column, row, at) {
  const value = column.value(row);
  const href = column.href?.(row);
  const shown = href ? html`<a href=${href}>${value}</a>` : value;
  // The first column names the row.
  if (at === 0) return html`<th scope="row" class=${classOf(column)}>${shown}</th>`;
  return html`<td class=${classOf(column)}>${shown}</td>`;
}

/**
 * A share as a bar beside its figure; the bar is for the eye, the figure for everybody.
 * @param {{share: number | null | undefined, text: string}} props
 */
export function Share({ share, text }) {
  const width = `${Math.max(0, Math.min(1, share || 0)) * 100}%`;
  return html`<span class="share"><span class="bar" aria-hidden="true"><span style=${{ width }}></span></span>${text}</span>`;
}
