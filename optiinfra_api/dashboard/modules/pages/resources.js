/** What exists, existed at a moment, and changed. */
import { useRead } from "../load.js";
import { Panel } from "../panel.js";
import { html } from "../preact.js";
import { Changes } from "./resources/changes.js";
import { Counts } from "./resources/counts.js";
import { Filters } from "./resources/filters.js";
import { Inventory } from "./resources/inventory.js";

/** @param {import("../pages.js").PageProps} props */
export function Resources({ customer, provider, period, params }) {
  const base = `/api/v2/resources/${customer}/${provider}`;
  const chosen = { at: params.at, resource_type: params.kind, status: params.status, region: params.region };
  const all = useRead(`${base}/summary`, { at: params.at });
  const summary = useRead(`${base}/summary`, chosen);
  const counted = (summary.answer?.data || []).reduce((/** @type {number} */ sum, /** @type {any} */ row) => sum + row.resources, 0);
  return html`<${Filters} rows=${all.answer?.data || []} params=${params} />
    <div class="grid">
      <${Panel} title="Counts" read=${summary} wide empty="No resource fits the filters.">
        ${(/** @type {any} */ answer) => html`<${Counts} rows=${answer.data} />`}
      <//>
      <${Inventory} base=${base} chosen=${chosen} counted=${counted} />
      <${Changes} base=${base} chosen=${{ ...period, resource_type: params.kind, region: params.region }} />
    </div>`;
}
