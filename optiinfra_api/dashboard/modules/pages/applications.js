/** What applications' calls take and how good their answers are, with how sure that is. */
import { useRead } from "../load.js";
import { Panel } from "../panel.js";
import { html } from "../preact.js";
import { Choice } from "../shell.js";
import { change } from "../state.js";
import { Alarms } from "./applications/alarms.js";
import { Drift } from "./applications/drift.js";
import { Caps, Judges } from "./applications/judges.js";
import { Models } from "./applications/models.js";
import { Quality } from "./applications/quality.js";
import { Scores } from "./applications/scores.js";
import { Summary } from "./applications/summary.js";
import { Usage } from "./applications/usage.js";
import { Worst } from "./applications/worst.js";

const NO_CALLS = "No application sent calls in this period.";

/** @param {import("../pages.js").PageProps} props */
export function Applications({ customer, provider, period, params }) {
  const base = `/api/v2/applications/${customer}/${provider}`;
  const chosen = { ...period, application: params.application };
  const known = useRead(`/api/v2/applications/${customer}`);
  const summary = useRead(`${base}/summary`, chosen);
  const names = (known.answer?.data || []).map((/** @type {any} */ each) => each.application_id);
  return html`<div class="crumbs" role="group" aria-label="Filters">
      <${Which} names=${names} application=${params.application || ""} />
    </div>
    <div class="grid">
      <${Panel} title="Applications" read=${summary} wide empty=${NO_CALLS}>
        ${(/** @type {any} */ answer) => html`<${Summary} rows=${answer.data} />`}
      <//>
      <${Quality} base=${base} chosen=${chosen} />
      <${Scores} base=${base} chosen=${chosen} period=${period} />
      <${Drift} base=${base} chosen=${chosen} />
      <${Alarms} base=${base} chosen=${chosen} />
      <${Usage} base=${base} chosen=${chosen} period=${period} figure=${params.figure} />
      <${Models} base=${base} chosen=${chosen} />
      <${Worst} base=${base} chosen=${chosen} kind=${params.worst} />
      <${Judges} base=${base} chosen=${chosen} />
      <${Caps} base=${base} chosen=${chosen} />
    </div>`;
}

/** @param {{names: string[], application: string}} props */
function Which({ names, application }) {
  const all = [...new Set([...names, application])].filter(Boolean).sort();
  const options = [{ value: "", text: "All applications" }, ...all.map((value) => ({ value, text: value }))];
  return html`<${Choice} label="Application" value=${application} options=${options} onChoose=${(/** @type {string} */ value) => change({ application: value })} />`;
}
