/** Each account and what is collected of it: how far, how late, when next; what cannot be had. */
import { count, duration, time, words } from "../../format.js";
import { Badge, Figure, Panel } from "../../panel.js";
import { html } from "../../preact.js";
import { Table } from "../../table.js";

/** @typedef {any} Source */

/** @param {Source} source */
export function standing(source) {
  if (source.last_error) return html`<${Badge} kind="bad">failing<//>`;
  if (source.stale) return html`<${Badge} kind="warn">stale<//>`;
  if (source.slowed_until) return html`<${Badge} kind="info" title=${`Until ${time(source.slowed_until)}`}>slowed by its budget<//>`;
  return html`<${Badge} kind="good">fresh<//>`;
}

/** A window that is not over yet can be collected already: then nothing is behind.
 * @param {number | null} seconds */
function lag(seconds) {
  return seconds !== null && seconds <= 0 ? "none" : duration(seconds);
}

/** @param {Source} source */
function gaps(source) {
  return source.gaps ? html`<${Badge} kind="warn">${count(source.gaps)} windows<//>` : "none";
}

/** What needs a person comes first; else the API's order stays.
 * @param {Source} source */
function urgency(source) {
  return Number(Boolean(source.last_error)) * 4 + Number(source.stale) * 2 + Number(source.gaps > 0);
}

const COLUMNS = [
  { title: "Account", value: (/** @type {Source} */ source) => `${source.provider} ${source.account_id}` },
  { title: "Data", value: (/** @type {Source} */ source) => words(source.data_type) },
  { title: "State", value: standing },
  { title: "Last success", value: (/** @type {Source} */ source) => time(source.last_success_at) },
  { title: "Collected up to", value: (/** @type {Source} */ source) => time(source.watermark) },
  { title: "Lag", numeric: true, value: (/** @type {Source} */ source) => lag(source.lag_seconds) },
  { title: "Next due", value: (/** @type {Source} */ source) => (source.next_due_at ? time(source.next_due_at) : "not planned") },
  { title: "Gaps in 7 days", value: gaps },
  { title: "Source", value: (/** @type {Source} */ source) => source.source },
];

/** @param {{read: import("../../load.js").Read<any>, sources: Source[]}} props */
export function Freshness({ read, sources }) {
  const bad = sources.filter((source) => source.last_error).length;
  const rows = [...sources].sort((a, b) => urgency(b) - urgency(a));
  const stale = sources.filter((source) => source.stale).length;
  return html`<${Panel} title="Freshness" read=${read} wide empty="No account was ever collected. Connect one, then trigger a collection.">
    ${(/** @type {any} */ answer) => html`
      <dl class="figures">
        <${Figure} label="Sources" value=${count(sources.length)} />
        <${Figure} label="Failing" value=${count(bad)} kind=${bad ? "bad" : ""} />
        <${Figure} label="Stale" value=${count(stale)} />
        <${Figure} label="Missing windows" value=${count(sources.reduce((sum, source) => sum + source.gaps, 0))} />
      </dl>
      <${Table} caption="Freshness" columns=${COLUMNS} rows=${rows} />
      <${Lacking} reasons=${answer.not_supported} />
      <p class="note">Checked at ${time(answer.checked_at)}.</p>`}
  <//>`;
}

/** @param {{reasons: Record<string, Record<string, string>>}} props */
function Lacking({ reasons }) {
  return Object.entries(reasons).flatMap(([provider, kinds]) =>
    Object.entries(kinds).map(([kind, why]) => html`<p class="note">${provider} supplies no ${kind} data: ${why}</p>`),
  );
}
