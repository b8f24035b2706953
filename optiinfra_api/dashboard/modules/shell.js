/** What surrounds every page: navigation, customer, cloud, period, theme, zone, signing out. */
import { Notice, Failure } from "./panel.js";
import { PeriodChoice } from "./period.js";
import { html, useEffect, useErrorBoundary, useState } from "./preact.js";
import { PAGES, pageAt } from "./pages.js";
import { prefer, preference, useSession } from "./session.js";
import { change, hashOf, link, periodOf, replace, useRoute } from "./state.js";
import { THEMES, chooseTheme } from "./theme.js";
import { problemOf, refresh } from "./load.js";

/** @typedef {import("./pages.js").Page} Page */

const THEME_NAMES = new Map([["auto", "Theme: system"], ["light", "Theme: light"], ["dark", "Theme: dark"]]);

/** @param {{onLeave: () => void}} props */
export function Shell({ onLeave }) {
  const { path, params } = useRoute();
  const { me } = useSession();
  const [zone, setZone] = useState(preference("zone", "utc"));
  const page = pageAt(path);
  const customer = params.customer || me.customers[0]?.customer_id || "";
  useEffect(() => {
    if (!params.customer && customer) replace(hashOf(path, { ...params, customer }));
  }, [params.customer, customer]);
  useEffect(() => {
    document.title = page ? `${page.title} - OptiInfra` : "OptiInfra";
  }, [page]);
  const switchZone = () => {
    prefer("zone", zone === "utc" ? "local" : "utc");
    setZone(preference("zone", "utc"));
  };
  return html`<a class="skip" href="#content" onClick=${skip}>Skip to the content</a>
    <div class="shell">
      <${Navigation} current=${path} onLeave=${onLeave} zone=${zone} onZone=${switchZone} />
      <div class="work">
        <${Bar} title=${page ? page.title : "Not found"} customer=${customer} params=${params} />
        <main id="content" tabindex="-1" key=${`${path} ${customer} ${zone}`}>
          <${Content} page=${page} customer=${customer} params=${params} />
        </main>
      </div>
    </div>`;
}

/** @param {Event} event */
function skip(event) {
  event.preventDefault();
  document.getElementById("content")?.focus();
}

/** @param {{current: string, onLeave: () => void, zone: string, onZone: () => void}} props */
function Navigation({ current, onLeave, zone, onZone }) {
  const { me } = useSession();
  const [theme, setTheme] = useState(preference("theme", "auto"));
  useEffect(() => {
    // On a phone the list is wider than the screen.
    document.querySelector(".pages [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [current]);
  const turn = () => {
    const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] || "auto";
    chooseTheme(next);
    setTheme(next);
  };
  return html`<nav class="pages" aria-label="Pages"><div class="rail">
    <p class="brand"><img src="mark.svg" alt="" width="22" height="22" /> OptiInfra</p>
    <ul>
      ${PAGES.map((page) => html`<li><a href=${link(page.path)} aria-current=${page.path === current ? "page" : undefined}>${page.title}</a></li>`)}
    </ul>
    <div class="person">
      <button class="plain" onClick=${turn}>${THEME_NAMES.get(theme)}</button>
      <button class="plain" onClick=${onZone}>${zone === "utc" ? "Times: UTC" : "Times: local"}</button>
      <p class="note" title=${me.key_id}>${me.name}</p>
      <button class="plain" onClick=${onLeave}>Sign out</button>
    </div>
  </div></nav>`;
}

/** @param {{title: string, customer: string, params: Record<string, string>}} props */
function Bar({ title, customer, params }) {
  const { me, providers } = useSession();
  const customers = me.customers.map((each) => ({ value: each.customer_id, text: each.name }));
  const clouds = [{ value: "all", text: "All clouds" }, ...providers.map((each) => ({ value: each.slug, text: each.title }))];
  return html`<header class="bar">
    <h1>${title}</h1>
    <${Choice} label="Customer" value=${customer} options=${customers} onChoose=${(/** @type {string} */ value) => change({ customer: value })} />
    <${Choice} label="Cloud" value=${params.provider || "all"} options=${clouds} onChoose=${(/** @type {string} */ value) => change({ provider: value === "all" ? null : value })} />
    <${PeriodChoice} params=${params} />
    <button class="plain" onClick=${refresh} title="Ask again for everything on this page">Refresh</button>
  </header>`;
}

/**
 * A choice with its name; `options` are `{value, text}`.
 * @param {{label: string, value: string, options: {value: string, text: string}[], onChoose: (value: string) => void}} props
 */
export function Choice({ label, value, options, onChoose }) {
  return html`<label class="choice"><span>${label}</span>
    <select value=${value} onChange=${(/** @type {any} */ event) => onChoose(event.target.value)}>
      ${options.map((each) => html`<option value=${each.value} selected=${each.value === value}>${each.text}</option>`)}
    </select></label>`;
}

/** @param {{page: Page | undefined, customer: string, params: Record<string, string>}} props */
function Content({ page, customer, params }) {
  const { may } = useSession();
  const [failure] = useErrorBoundary();
  if (failure) return html`<${Failure} problem=${problemOf(failure)} />`;
  if (!page) return html`<${Notice} title="There is no such page">Choose one of the navigation.<//>`;
  if (!customer) {
    return html`<${Notice} title="This key reaches no customer">An administrator adds one with <code>optiinfra customers add</code>.<//>`;
  }
  if (!may(page.scope)) {
    return html`<${Notice} title="This key may not read this page">It lacks the scope <code>${page.scope}</code>; an administrator makes a key that has it.<//>`;
  }
  return html`<${page.view} customer=${customer} provider=${params.provider || "all"} period=${periodOf(params)} params=${params} />`;
}
