/** Which resources, and at which moment; what can be chosen is what exists then. */
import { words } from "../../format.js";
import { html } from "../../preact.js";
import { Choice } from "../../shell.js";
import { change } from "../../state.js";

/** @typedef {{label: string, name: string, field: string, every: string}} Filter */

/** @type {Filter[]} */
const FILTERS = [
  { label: "Kind", name: "kind", field: "resource_type", every: "All kinds" },
  { label: "State", name: "status", field: "status", every: "All states" },
  { label: "Region", name: "region", field: "region", every: "All regions" },
];

/** @param {{rows: any[], params: Record<string, string>}} props */
export function Filters({ rows, params }) {
  return html`<div class="crumbs" role="group" aria-label="Filters">
    ${FILTERS.map((filter) => {
      const values = [...new Set([...rows.map((row) => row[filter.field]), params[filter.name] || ""])].filter(Boolean).sort();
      const options = [{ value: "", text: filter.every }, ...values.map((value) => ({ value, text: filter.name === "status" ? words(value) : value }))];
      return html`<${Choice} label=${filter.label} value=${params[filter.name] || ""} options=${options}
        onChoose=${(/** @type {string} */ value) => change({ [filter.name]: value })} />`;
    })}
    <${Moment} at=${params.at} />
  </div>`;
}

/**
 * The moment of the inventory, in UTC; empty is now.
 * @param {{at: string | undefined}} props
 */
function Moment({ at }) {
  const choose = (/** @type {any} */ event) => change({ at: event.target.value ? `${event.target.value}:00Z` : null });
  return html`<label class="choice"><span>At (UTC)</span>
      <input type="datetime-local" value=${at ? at.slice(0, 16) : ""} onChange=${choose} /></label>
    ${at && html`<button class="plain" onClick=${() => change({ at: null })}>Now</button>`}`;
}
