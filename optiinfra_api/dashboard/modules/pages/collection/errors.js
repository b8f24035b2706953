/** What fails now, and what to do about each. */
import { count, time, words } from "../../format.js";
import { Empty, Panel } from "../../panel.js";
import { html } from "../../preact.js";

/** @typedef {any} Source */

/** @param {{read: import("../../load.js").Read<any>, sources: Source[]}} props */
export function Errors({ read, sources }) {
  const failing = sources.filter((source) => source.last_error);
  return html`<${Panel} title="Errors and remedies" read=${read} wide>
    ${() => (failing.length ? failing.map((source) => html`<${Told} source=${source} />`) : html`<${Empty}>The last attempt of every source succeeded.<//>`)}
  <//>`;
}

/** @param {{source: Source}} props */
function Told({ source }) {
  const { code, detail, remedy } = source.last_error;
  return html`<div class="failure">
    <strong>${words(source.data_type)} of ${source.provider} ${source.account_id}: ${words(code)}</strong>
    <p>${detail}</p>
    <p class="remedy">${remedy}</p>
    <p class="note">Failed ${count(source.consecutive_failures)} times in a row, last at ${time(source.last_attempt_at)}.</p>
  </div>`;
}
