/** Starts the dashboard: asks who the key belongs to, then shows the shell or the sign-in. */
import { Problem, forget, get } from "./api.js";
import { follow } from "./events.js";
import { problemOf } from "./load.js";
import { SignIn } from "./pages/sign_in.js";
import { Failure } from "./panel.js";
import { html, render, useEffect, useState } from "./preact.js";
import { SessionContext, signIn, signOut, token } from "./session.js";
import { Shell } from "./shell.js";
import { followTheme } from "./theme.js";

/** @typedef {import("./session.js").Session} Session */
/** @typedef {{session: Session | null, problem: Problem | null, loading: boolean}} Entry */

/**
 * Who the key belongs to and which clouds are installed.
 * @returns {Promise<Session>}
 */
async function enter() {
  const [me, providers] = await Promise.all([get("/api/v1/me"), get("/api/v1/providers")]);
  const scopes = new Set(me.scopes);
  return { me, providers: providers.data, may: (scope) => !scope || scopes.has(scope) };
}

/** The dashboard, or the way into it. */
function App() {
  const [entry, setEntry] = useState(/** @type {Entry} */ ({ session: null, problem: null, loading: Boolean(token()) }));
  const open = () => {
    setEntry({ session: null, problem: null, loading: true });
    enter().then(
      (session) => setEntry({ session, problem: null, loading: false }),
      (failure) => setEntry({ session: null, problem: refused(problemOf(failure)), loading: false }),
    );
  };
  const leave = (/** @type {Problem | null} */ problem) => {
    signOut();
    forget();
    setEntry({ session: null, problem, loading: false });
  };
  useEffect(() => {
    if (token()) open();
    const expelled = (/** @type {Event} */ event) => leave(/** @type {CustomEvent<Problem>} */ (event).detail);
    addEventListener("optiinfra:expelled", expelled);
    return () => removeEventListener("optiinfra:expelled", expelled);
  }, []);
  useEffect(() => (entry.session ? follow() : undefined), [entry.session]);
  const enterWith = (/** @type {string} */ key) => {
    forget();
    signIn(key);
    open();
  };
  if (entry.session) {
    return html`<${SessionContext.Provider} value=${entry.session}><${Shell} onLeave=${() => leave(null)} /><//>`;
  }
  if (entry.loading) return html`<p class="boot" role="status">Asking the API who this key belongs to.</p>`;
  if (entry.problem && token()) {
    return html`<main class="sign-in"><${Failure} problem=${entry.problem} /><button onClick=${open}>Try again</button></main>`;
  }
  return html`<${SignIn} problem=${entry.problem} onEnter=${enterWith} />`;
}

/**
 * The problem; a key that was refused is forgotten.
 * @param {Problem} problem
 */
function refused(problem) {
  if (problem.status === 401) signOut();
  return problem;
}

followTheme();
const place = document.getElementById("app");
if (place) {
  place.replaceChildren();
  render(html`<${App} />`, place);
}
