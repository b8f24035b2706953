/**
 * The pages, in the order of the navigation. A new page is a file in pages/ and a line here.
 *
 * How a page is written:
 * - `{path, title, scope, view}`: `path` is the hash (`#/costs`), `scope` what its reads need (""
 *   for any key); the shell tells in place of the page that a key lacks it. `view` is a component
 *   with the properties `{customer, provider, period, params}`: the customer's slug, a provider's
 *   slug or "all", `{days}` or `{start, end}` as every read takes them, and the parameters of the
 *   URL (state.js). A page keeps its own state there too: `change({metric: "cpu"})`,
 *   `html`<a href=${here({metric: "cpu"})}>``, and `link("/costs", {service})` to another page.
 * - `useSession()` (session.js): `{me, providers, may(scope)}`; names of providers come from there.
 * - `useRead(path, params)` and `useRows(path, params, most)` (load.js): `{answer, problem,
 *   loading}`; `path` null asks for nothing. They ask again by themselves when events tell of data.
 * - `<Panel title read empty>` (panel.js): shows the answer, or its place, or the problem with its
 *   remedy, or why it is empty; freshness and completeness under it. Children may be a function of
 *   the answers. Also there: `Badge`, `Figure`, `Failure`, `Empty`, `Standing`.
 * - `<Table caption columns rows>` (table.js): columns `{title, value(row), numeric, href(row)}`.
 * - `<Chart label option columns rows onSelect onMoment>` (chart.js): `option` is a function of the palette,
 *   made by `overTime` or `ranked` (plots.js); columns and rows are the same figures as a table.
 * - format.js: `money(decimalString, currency)`, `number`, `percent`, `time`, `day`, `duration`.
 *   Money that is shown is a string from the API; only the position of a mark may be a float.
 * - Styles stand in css/ or in a `style` object: the page's policy refuses them inside HTML text.
 */
import { Applications } from "./pages/applications.js";
import { Collection } from "./pages/collection.js";
import { Costs } from "./pages/costs.js";
import { Credentials } from "./pages/credentials.js";
import { Overview } from "./pages/overview.js";
import { Performance } from "./pages/performance.js";
import { Resources } from "./pages/resources.js";

/**
 * @typedef {{customer: string, provider: string, period: Record<string, string>, params: Record<string, string>}} PageProps
 * @typedef {{path: string, title: string, scope: string, view: (props: PageProps) => unknown}} Page
 */

/** @type {Page[]} */
export const PAGES = [
  { path: "/", title: "Overview", scope: "", view: Overview },
  { path: "/costs", title: "Costs", scope: "costs:read", view: Costs },
  { path: "/performance", title: "Performance", scope: "performance:read", view: Performance },
  { path: "/resources", title: "Resources", scope: "resources:read", view: Resources },
  { path: "/applications", title: "Applications", scope: "applications:read", view: Applications },
  { path: "/collection", title: "Collection", scope: "", view: Collection },
  { path: "/credentials", title: "Credentials", scope: "credentials:write", view: Credentials },
];

/**
 * The page at a path.
 * @param {string} path
 */
export function pageAt(path) {
  return PAGES.find((page) => page.path === path);
}
