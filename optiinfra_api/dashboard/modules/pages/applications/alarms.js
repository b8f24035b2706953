/** Series that got worse than their baselines; who may write may end an alarm. */
import { post } from "../../api.js";
import { percent, time, words } from "../../format.js";
import { problemOf, refresh, useRead } from "../../load.js";
import { Badge, Failure, Panel } from "../../panel.js";
import { html, useState } from "../../preact.js";
import { useSession } from "../../session.js";
import { Table } from "../../table.js";

/** @typedef {any} Alarm */

/** @param {{base: string, chosen: Record<string, string | undefined>}} props */
export function Alarms({ base, chosen }) {
  const { may } = useSession();
  const read = useRead(`${base}/alarms`, chosen);
  const [problem, setProblem] = useState(/** @type {import("../../api.js").Problem | null} */ (null));
  const end = (/** @type {Alarm} */ alarm) => {
    setProblem(null);
    post(`${base}/alarms/${alarm.id}/clear`).then(refresh, (failure) => setProblem(problemOf(failure)));
  };
  const columns = may("applications:write") ? [...COLUMNS, { title: "Action", value: (/** @type {Alarm} */ alarm) => button(alarm, end) }] : COLUMNS;
  return html`<${Panel} title="Alarms" read=${read} wide empty="No alarm was raised in this period.">
    ${(/** @type {any} */ answer) => html`<${Failure} problem=${problem} /><${Table} caption="Alarms" columns=${columns} rows=${answer.data} />`}
  <//>`;
}

/**
 * @param {Alarm} alarm
 * @param {(alarm: Alarm) => void} end
 */
function button(alarm, end) {
  if (alarm.cleared_at) return "";
  return html`<button onClick=${() => end(alarm)} aria-label=${`End the alarm over ${alarm.metric_name} of ${alarm.application_id}`}>End</button>`;
}

/** @param {Alarm} alarm */
function state(alarm) {
  return alarm.cleared_at ? `ended ${time(alarm.cleared_at)}` : html`<${Badge} kind="bad">open<//>`;
}

/** @param {Alarm} alarm */
function attributed(alarm) {
  return alarm.attributed_to ? `${words(alarm.attributed_to)} is now ${alarm.attributed_value}` : "nothing known";
}

const COLUMNS = [
  { title: "Application", value: (/** @type {Alarm} */ alarm) => alarm.application_id },
  { title: "Metric", value: (/** @type {Alarm} */ alarm) => words(alarm.metric_name) },
  { title: "State", value: state },
  { title: "Raised", value: (/** @type {Alarm} */ alarm) => time(alarm.raised_at) },
  { title: "Began", value: (/** @type {Alarm} */ alarm) => time(alarm.began_at) },
  { title: "Failures", value: (/** @type {Alarm} */ alarm) => `${percent(alarm.baseline_rate)} before, ${percent(alarm.current_rate)} since` },
  { title: "What changed with it", wide: true, value: attributed },
];
