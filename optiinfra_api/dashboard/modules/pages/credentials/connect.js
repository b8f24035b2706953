/** Connects an account, puts a new secret in place, takes an account away. */
import { post, remove } from "../../api.js";
import { problemOf, refresh } from "../../load.js";
import { Failure, Panel } from "../../panel.js";
import { html, useState } from "../../preact.js";
import { useSession } from "../../session.js";
import { change, here } from "../../state.js";
import { Fields, valuesOf } from "./form.js";

/** @typedef {import("../../api.js").Problem} Problem */
/** @typedef {{busy: boolean, problem: Problem | null}} State */

/** @type {State} */
const IDLE = { busy: false, problem: null };

/**
 * @param {{customer: string, chosen: string, onDone: (said: string) => void}} props
 */
export function Connect({ customer, chosen, onDone }) {
  const { providers } = useSession();
  const known = providers.filter((each) => each.credential.length);
  const cloud = known.find((each) => each.slug === chosen);
  const links = html`<nav class="tabs" aria-label="Cloud to connect">
    ${known.map((each) => html`<a href=${here({ connect: each.slug })} aria-current=${each.slug === chosen ? "true" : undefined}>${each.title}</a>`)}
  </nav>`;
  const send = (/** @type {Record<string, unknown>} */ credential, /** @type {string} */ label) =>
    post("/api/v1/credentials", { customer_id: customer, provider: chosen, label, credential });
  return html`<${Panel} title="Connect an account" wide actions=${links} note=${cloud ? "" : "Choose a cloud."}>
    ${cloud && html`<${SecretForm} key=${chosen} fields=${cloud.credential} labelled text="Connect and verify" send=${send}
      onDone=${(/** @type {any} */ added) => { onDone(told(added.label, added)); change({ connect: null }); }} />`}
  <//>`;
}

/** @param {{credential: any, onDone: (said: string) => void}} props */
export function Rotate({ credential, onDone }) {
  const { providers } = useSession();
  const cloud = providers.find((each) => each.slug === credential.provider);
  if (!cloud) return null;
  const send = (/** @type {Record<string, unknown>} */ fields) => post(`/api/v1/credentials/${credential.id}/rotate`, { credential: fields });
  return html`<${SecretForm} fields=${cloud.credential} text="Put in place and verify" send=${send}
    onDone=${(/** @type {any} */ rotated) => { onDone(told(`Revision ${rotated.revision}`, rotated)); change({ rotate: null }); }} />`;
}

/**
 * What came of a verification, with what to do where something is to do.
 * @param {string} what
 * @param {{status: string, remedy?: string | null}} credential
 */
export function told(what, { status, remedy }) {
  return `${what}: ${status}.${remedy ? ` ${remedy}` : ""}`;
}

/**
 * The fields of one cloud; what was typed is forgotten once it was sent.
 * @param {{
 *   fields: import("./form.js").Field[], labelled?: boolean, text: string, onDone: (answer: any) => void,
 *   send: (fields: Record<string, unknown>, label: string) => Promise<any>,
 * }} props
 */
function SecretForm({ fields, labelled, text, send, onDone }) {
  const [entered, setEntered] = useState(/** @type {import("./form.js").Entered} */ ({}));
  const [label, setLabel] = useState("");
  const [state, setState] = useState(IDLE);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    setState({ busy: true, problem: null });
    send(valuesOf(fields, entered), label.trim()).then(
      (answer) => {
        setEntered({});
        setState(IDLE);
        onDone(answer);
        refresh();
      },
      (failure) => setState({ busy: false, problem: problemOf(failure) }),
    );
  };
  return html`<form class="secret" onSubmit=${submit} autocomplete="off">
    ${labelled && html`<div class="field"><label for="credential-label">Label</label><input id="credential-label" type="text" required maxlength="200" value=${label} placeholder="production" onInput=${(/** @type {any} */ event) => setLabel(event.target.value)} /></div>`}
    <${Fields} fields=${fields} entered=${entered} onEnter=${(/** @type {string} */ path, /** @type {string | boolean} */ value) => setEntered((before) => ({ ...before, [path]: value }))} />
    <${Failure} problem=${state.problem} />
    <p><button type="submit" disabled=${state.busy}>${state.busy ? "Verifying" : text}</button> <span class="note">Sealed when it arrives, then tried with a free read-only call.</span></p>
  </form>`;
}

/**
 * Asks once more before it shreds: what was collected stays, the secret does not.
 * @param {{credential: any, onDone: (said: string) => void}} props
 */
export function Remove({ credential, onDone }) {
  const [asked, setAsked] = useState(false);
  const [state, setState] = useState(IDLE);
  const shred = () => {
    setState({ busy: true, problem: null });
    remove(`/api/v1/credentials/${credential.id}`).then(
      () => {
        onDone(`${credential.label} was removed.`);
        refresh();
      },
      (failure) => setState({ busy: false, problem: problemOf(failure) }),
    );
  };
  if (!asked) return html`<button class="plain" onClick=${() => setAsked(true)}>Remove</button>`;
  return html`<span role="group" aria-label=${`Remove ${credential.label}`}><button class="danger" disabled=${state.busy} onClick=${shred}>Destroy the secret</button>
    <button class="plain" onClick=${() => setAsked(false)}>Keep it</button></span><${Failure} problem=${state.problem} />`;
}
