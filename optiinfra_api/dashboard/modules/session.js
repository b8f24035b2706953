/** The key that was typed, for the length of this tab, and what a person set on this machine. */
import { createContext, useContext } from "./preact.js";

/**
 * @typedef {{
 *   key_id: string, name: string, scopes: string[], expires_at: string | null,
 *   customers: {customer_id: string, name: string}[],
 * }} Me
 */
/** @typedef {{slug: string, title: string, data_types: {name: string}[], credential: import("./pages/credentials/form.js").Field[], not_supported?: Record<string, string>}} Provider */
/** @typedef {{me: Me, providers: Provider[], may: (scope: string) => boolean}} Session */

const KEY = "optiinfra.key";
const PREFERENCES = "optiinfra.";

/** The key, or "" where nobody signed in. */
export function token() {
  return sessionStorage.getItem(KEY) || "";
}

/** @param {string} key */
export function signIn(key) {
  sessionStorage.setItem(KEY, key.trim());
}

export function signOut() {
  sessionStorage.removeItem(KEY);
}

/**
 * A setting of this machine, such as the theme; never anything secret.
 * @param {string} name
 * @param {string} otherwise
 */
export function preference(name, otherwise) {
  return localStorage.getItem(PREFERENCES + name) || otherwise;
}

/**
 * @param {string} name
 * @param {string} value
 */
export function prefer(name, value) {
  localStorage.setItem(PREFERENCES + name, value);
}

/** @type {import("../vendor/htm-preact-3.1.1.js").Context<Session | null>} */
export const SessionContext = createContext(/** @type {Session | null} */ (null));

/** Who is signed in; only below the shell. */
export function useSession() {
  const session = useContext(SessionContext);
  if (!session) throw new Error("no session above this component");
  return session;
}
