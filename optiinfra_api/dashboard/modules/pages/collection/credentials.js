/** Credentials that expire, were refused, or lack a permission; what to do stands beside each. */
import { day, duration, time } from "../../format.js";
import { useRead } from "../../load.js";
import { Badge, Notice, Panel } from "../../panel.js";
import { html } from "../../preact.js";
import { useSession } from "../../session.js";
import { Table } from "../../table.js";

/** @typedef {any} Credential */

const SOON_SECONDS = 14 * 86400;
/** @type {Record<string, string>} */
const STATES = { verified: "good", rejected: "bad", unverified: "warn" };

/** @param {{customer: string, cloud: string | undefined, now: string | undefined}} props */
export function Credentials({ customer, cloud, now }) {
  const { may } = useSession();
  const allowed = may("credentials:write");
  const read = useRead(allowed ? "/api/v1/credentials" : null, { customer_id: customer, provider: cloud });
  if (!allowed) {
    return html`<${Panel} title="Credentials" wide><${Notice} title="Credentials are not shown">This key lacks the scope <code>credentials:write</code>.<//><//>`;
  }
  return html`<${Panel} title="Credentials" read=${read} wide empty="No account is connected.">
    ${(/** @type {any} */ answer) => html`<${Table} caption="Credentials" columns=${columns(now)} rows=${answer.data} />`}
  <//>`;
}

/**
 * @param {Credential} credential
 * @param {string | undefined} now
 */
function expiry(credential, now) {
  if (!credential.expires_at) return "no end known";
  const left = now ? (Date.parse(credential.expires_at) - Date.parse(now)) / 1000 : Infinity;
  if (left <= 0) return html`<${Badge} kind="bad">expired ${day(credential.expires_at)}<//>`;
  if (left <= SOON_SECONDS) return html`<${Badge} kind="warn">expires in ${duration(left)}<//> ${day(credential.expires_at)}`;
  return day(credential.expires_at);
}

/** @param {string | undefined} now */
function columns(now) {
  return [
    { title: "Label", value: (/** @type {Credential} */ credential) => credential.label },
    { title: "Account", value: (/** @type {Credential} */ credential) => `${credential.provider} ${credential.account_id || "not known yet"}` },
    {
      title: "State",
      value: (/** @type {Credential} */ credential) => html`<${Badge} kind=${STATES[credential.status] || "plain"}>${credential.status}<//>`,
    },
    { title: "Expires", value: (/** @type {Credential} */ credential) => expiry(credential, now) },
    { title: "Missing permissions", wide: true, value: (/** @type {Credential} */ credential) => credential.permissions_missing.join(", ") || "none" },
    { title: "Last verified", value: (/** @type {Credential} */ credential) => time(credential.last_verified_at) },
    { title: "Last used", value: (/** @type {Credential} */ credential) => time(credential.last_used_at) },
    { title: "What to do", wide: true, value: (/** @type {Credential} */ credential) => credential.remedy || credential.last_error?.remedy || "nothing" },
  ];
}
