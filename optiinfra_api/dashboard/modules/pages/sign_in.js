/** The way in: an API key, typed once, kept for this tab only. */
import { Failure } from "../panel.js";
import { html, useState } from "../preact.js";

/**
 * @param {{problem: import("../api.js").Problem | null, onEnter: (key: string) => void}} props
 */
export function SignIn({ problem, onEnter }) {
  const [key, setKey] = useState("");
  const enter = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (key.trim()) onEnter(key);
  };
  return html`<main class="sign-in">
    <h1><img src="mark.svg" alt="" width="28" height="28" /> OptiInfra</h1>
    <p>What your clouds cost, how hard they work and what you own.</p>
    <form onSubmit=${enter}>
      <label for="key">API key</label>
      <input id="key" type="password" autocomplete="off" spellcheck="false" autofocus placeholder="oi_..." value=${key}
        onInput=${(/** @type {any} */ event) => setKey(event.target.value)} />
      <button type="submit" disabled=${!key.trim()}>Sign in</button>
    </form>
    <${Failure} problem=${problem} />
    <p class="note">The key stays in this tab and is forgotten when you close it. <code>optiinfra keys create</code> makes one.</p>
  </main>`;
}
