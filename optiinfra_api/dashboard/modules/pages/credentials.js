/** The cloud accounts that are connected: whether they open, what they lack, when they expire. */
import { post } from "../api.js";
import { duration, money, time, words } from "../format.js";
import { problemOf, refresh, useRead } from "../load.js";
import { Badge, Failure, Figure, Panel } from "../panel.js";
import { html, useState } from "../preact.js";
import { useSession } from "../session.js";
import { here } from "../state.js";
import { Table } from "../table.js";
import { Connect, Remove, Rotate, told } from "./credentials/connect.js";
import { expiry } from "./overview_attention.js";

/** @typedef {import("../pages.js").PageProps} PageProps */

const STATES = new Map([
  ["verified", "good"],
  ["unverified", "warn"],
  ["rejected", "bad"],
  ["deleted", "plain"],
]);
const SOON_MS = 30 * 86_400_000;

/** @param {PageProps} props */
export function Credentials({ customer, provider, params }) {
  const [said, setSaid] = useState("");
  const read = useRead("/api/v1/credentials", { customer_id: customer, provider: provider === "all" ? null : provider });
  return html`<p class="said" role="status" aria-label="What was done">${said}</p>
    <${Panel} title="Connected accounts" read=${read} wide note="Secrets are sealed; nobody reads them here or anywhere."
      empty="No account is connected; connect one below.">
      ${(/** @type {any} */ answer) => answer.data.map((/** @type {any} */ each) => html`<${Account} credential=${each} key=${each.id} params=${params} onDone=${setSaid} />`)}
    <//>
    <${Connect} customer=${customer} chosen=${params.connect || ""} onDone=${setSaid} />
    ${params.credential && html`<${Audit} id=${params.credential} />`}`;
}

/** @param {{credential: any, params: Record<string, string>, onDone: (said: string) => void}} props */
function Account({ credential, params, onDone }) {
  const { providers } = useSession();
  const cloud = providers.find((each) => each.slug === credential.provider);
  return html`<article class="account" aria-label=${credential.label}>
    <header>
      <h3>${credential.label}</h3>
      <${Badge} kind=${STATES.get(credential.status)}>${credential.status}<//>
      <span class="note">${cloud ? cloud.title : credential.provider}</span>
      <${Actions} credential=${credential} params=${params} onDone=${onDone} />
    </header>
    ${credential.last_error && html`<div class="failure"><strong>${words(credential.last_error.code)}</strong><p>${credential.last_error.detail}</p><p class="remedy">${credential.remedy || credential.last_error.remedy}</p></div>`}
    ${!credential.last_error && credential.remedy && html`<div class="notice"><p>${credential.remedy}</p></div>`}
    <${Missing} permissions=${credential.permissions_missing} />
    <dl class="figures facts">
      <${Figure} label="Account" value=${credential.account_id || "not known yet"} remark=${credential.principal} />
      <${Figure} label="Verified" value=${ago(credential.last_verified_at)} remark=${credential.last_verified_at && time(credential.last_verified_at)} />
      <${Figure} label="Last used" value=${ago(credential.last_used_at)} remark=${credential.last_used_at && time(credential.last_used_at)} />
      <${Expiry} credential=${credential} />
      <${Figure} label="Budget for calls" value=${credential.budget_usd === null ? "default" : money(credential.budget_usd, "USD")} remark=${credential.budget_usd === null ? "as the installation is set" : "a month"} />
      <${Figure} label="Secret" value=${`Revision ${credential.revision}`} remark=${`fingerprint ${credential.fingerprint}`} />
    </dl>
    <${Configuration} fields=${credential.configuration} />
    ${params.rotate === credential.id && html`<${Rotate} credential=${credential} onDone=${onDone} />`}
  </article>`;
}

/** @param {string | null} moment */
function ago(moment) {
  return moment ? `${duration(Math.max(0, (Date.now() - Date.parse(moment)) / 1000))} ago` : "never";
}

/** @param {{credential: any}} props */
function Expiry({ credential }) {
  const left = expiry(credential);
  if (left === null) return html`<${Figure} label="Expires" value="not known to" />`;
  const value = left < 0 ? "expired" : `in ${duration(left / 1000)}`;
  return html`<${Figure} label="Expires" kind=${left < SOON_MS ? "warn" : ""} value=${value} remark=${time(credential.expires_at)} />`;
}

/** @param {{permissions: string[]}} props */
function Missing({ permissions }) {
  if (!permissions.length) return null;
  return html`<div class="notice warn"><strong>Permissions are missing</strong>
    <p>${permissions.map((each) => html`<code>${each}</code> `)}</p>
    <p class="note">Grant them at the cloud, then verify. What needs them is not collected until then.</p></div>`;
}

/**
 * The fields of a credential that are not secret.
 * @param {{fields: Record<string, unknown>}} props
 */
function Configuration({ fields }) {
  const set = Object.entries(fields).filter(([, value]) => value !== null && value !== "");
  if (!set.length) return null;
  return html`<details><summary>Configuration</summary><dl class="pairs">
    ${set.map(([name, value]) => html`<div><dt>${words(name)}</dt><dd><code>${typeof value === "string" ? value : JSON.stringify(value)}</code></dd></div>`)}
  </dl></details>`;
}

/** @param {{credential: any, params: Record<string, string>, onDone: (said: string) => void}} props */
function Actions({ credential, params, onDone }) {
  const open = params.credential === credential.id;
  const rotating = params.rotate === credential.id;
  const [state, setState] = useState(/** @type {{busy: boolean, problem: import("../api.js").Problem | null, said: string}} */ ({ busy: false, problem: null, said: "" }));
  const verify = () => {
    setState({ busy: true, problem: null, said: "" });
    post(`/api/v1/credentials/${credential.id}/verify`).then(
      (verified) => {
        setState({ busy: false, problem: null, said: told("Looked just now", verified) });
        refresh();
      },
      (failure) => setState({ busy: false, problem: problemOf(failure), said: "" }),
    );
  };
  return html`<div class="actions">
      <span class="note" role="status">${state.said}</span>
      <button disabled=${state.busy} onClick=${verify}>${state.busy ? "Verifying" : "Verify"}</button>
      <a class="note" href=${here({ rotate: rotating ? null : credential.id })}>${rotating ? "Do not rotate" : "Rotate"}</a>
      <${Remove} credential=${credential} onDone=${onDone} />
      <a class="note" href=${here({ credential: open ? null : credential.id })}>${open ? "Hide the audit log" : "Audit log"}</a>
    </div>
    <${Failure} problem=${state.problem} />`;
}

/** @param {{id: string}} props */
function Audit({ id }) {
  const read = useRead(`/api/v1/credentials/${id}/audit`);
  const columns = [
    { title: "When", short: true, value: (/** @type {any} */ row) => time(row.at) },
    { title: "What", short: true, value: (/** @type {any} */ row) => words(row.action) },
    { title: "Who", value: (/** @type {any} */ row) => row.actor },
    { title: "Detail", wide: true, value: (/** @type {any} */ row) => html`<code>${JSON.stringify(row.detail)}</code>` },
    { title: "Hash", value: (/** @type {any} */ row) => html`<code title=${row.hash}>${row.hash.slice(0, 12)}</code>` },
  ];
  return html`<${Panel} title="Audit log" read=${read} wide note="Newest first; each line's hash covers the one before it." empty="Nothing was done to it.">
    ${(/** @type {any} */ answer) => html`<${Table} caption="What was done to this credential" columns=${columns} rows=${[...answer.data].reverse()} first=${20} />`}
  <//>`;
}
