/** How collecting goes: what is fresh, what fails and what to do, what it costs, what expires. */
import { useRead } from "../load.js";
import { html } from "../preact.js";
import { useSession } from "../session.js";
import { Credentials } from "./collection/credentials.js";
import { Effort } from "./collection/effort.js";
import { Errors } from "./collection/errors.js";
import { Freshness } from "./collection/freshness.js";
import { History } from "./collection/history.js";
import { Trigger } from "./collection/trigger.js";

/** @param {import("../pages.js").PageProps} props */
export function Collection({ customer, provider, period, params }) {
  const { may } = useSession();
  const cloud = provider === "all" ? undefined : provider;
  const read = useRead("/api/v1/collect/freshness", { customer_id: customer });
  const sources = (read.answer?.data || []).filter((/** @type {any} */ each) => !cloud || each.provider === cloud);
  return html`<div class="grid">
    <${Freshness} read=${read} sources=${sources} />
    <${Errors} read=${read} sources=${sources} />
    ${may("collect:trigger") && html`<${Trigger} customer=${customer} cloud=${cloud} />`}
    <${History} customer=${customer} cloud=${cloud} params=${params} />
    <${Effort} customer=${customer} cloud=${cloud} period=${period} group=${params.by} />
    <${Credentials} customer=${customer} cloud=${cloud} now=${read.answer?.checked_at} />
  </div>`;
}
