/** What costs are grouped and narrowed by, and the parameters of the URL that say it. */
import { html } from "../../preact.js";
import { here } from "../../state.js";

/**
 * One way to group charges. `filter` is the parameter that narrows to one value, `lacking` the name
 * that `without` takes for charges that have none, `next` what a click on a value groups by then.
 * @typedef {{name: string, title: string, filter: string, lacking?: string, next: string}} Dimension
 */

/** @type {Dimension[]} */
export const DIMENSIONS = [
  { name: "service", title: "Service", filter: "service", lacking: "service", next: "resource" },
  { name: "account", title: "Account", filter: "sub_account", next: "service" },
  { name: "region", title: "Region", filter: "region", lacking: "region", next: "service" },
  { name: "tag", title: "Tag", filter: "tag", next: "service" },
  { name: "resource", title: "Resource", filter: "resource_id", lacking: "resource", next: "sku" },
  { name: "resource_type", title: "Kind", filter: "resource_type", lacking: "resource_type", next: "resource" },
  { name: "charge_category", title: "Category", filter: "charge_category", next: "service" },
  { name: "sku", title: "SKU", filter: "sku", lacking: "sku", next: "resource" },
  { name: "provider", title: "Cloud", filter: "provider", next: "service" },
];
export const BASES = ["effective", "billed", "contracted", "list"];
export const GROUPS = ["hour", "day", "week", "month"];
/** Bases whose changes the API remembers. */
export const REMEMBERED = ["effective", "billed"];

/** Filters that the memory of changes knows; the others are of charges as they are now. */
const OF_CHANGES = ["service", "region", "charge_category", "resource_id"];
const PLAIN = ["service", "sub_account", "region", "resource_id", "resource_type", "charge_category", "sku", "finality"];
const TITLES = new Map([
  ...DIMENSIONS.map((each) => /** @type {[string, string]} */ ([each.filter, each.title])),
  ["finality", "Finality"],
]);
const TAG = "tag.";

/** @typedef {Record<string, string>} Params */

/** @param {Params} params */
export function dimensionOf(params) {
  return DIMENSIONS.find((each) => each.name === params.by) || /** @type {Dimension} */ (DIMENSIONS[0]);
}

/** @param {Params} params */
function lackingOf(params) {
  return (params.without || "").split(",").filter(Boolean);
}

/**
 * The filters of the URL as reads of costs take them.
 * @param {Params} params
 * @returns {Record<string, string | string[]>}
 */
export function filtersOf(params) {
  const named = Object.entries(params).filter(([name, value]) => value && (PLAIN.includes(name) || name.startsWith(TAG)));
  /** @type {Record<string, string | string[]>} */
  const filters = Object.fromEntries(named);
  if (params.untagged) filters.untagged = params.untagged;
  const without = lackingOf(params);
  if (without.length) filters.without = without;
  return filters;
}

/**
 * The filters that restatements take, and whether those are all that are on.
 * @param {Record<string, string | string[]>} filters
 */
export function filtersOfChanges(filters) {
  const known = Object.fromEntries(Object.entries(filters).filter(([name]) => OF_CHANGES.includes(name)));
  return { known, all: Object.keys(known).length === Object.keys(filters).length };
}

/**
 * The URL's parameters that narrow to one row of a ranking, as changes to the present ones.
 * @param {Dimension} dimension
 * @param {Params} params
 * @param {{value: string, present: boolean}} row
 * @returns {Record<string, string | null> | null} Null where the API cannot narrow to it.
 */
export function narrowed(dimension, params, row) {
  const next = { by: dimension.next };
  if (dimension.name === "tag") {
    const key = params.tag || "";
    return row.present ? { ...next, [TAG + key]: row.value } : { ...next, untagged: key };
  }
  if (row.present && row.value) return { ...next, [dimension.filter]: row.value };
  if (!dimension.lacking) return null;
  return { ...next, without: [...lackingOf(params), dimension.lacking].join(",") };
}

/**
 * Every filter that is on, with a link that takes it off.
 * @param {{params: Params}} props
 */
export function Crumbs({ params }) {
  const crumbs = [
    ...Object.entries(params).flatMap(([name, value]) => crumbOf(name, value)),
    ...lackingOf(params).map((name) => ({
      text: `Without ${name.replace("_", " ")}`,
      off: { without: lackingOf(params).filter((each) => each !== name).join(",") },
    })),
  ];
  if (!crumbs.length) return null;
  const none = Object.assign({}, ...crumbs.map((each) => each.off), { without: null });
  return html`<nav class="crumbs" aria-label="Filters">
    ${crumbs.map((each) => html`<span class="crumb">${each.text}<a href=${here(each.off)} aria-label=${`Remove the filter ${each.text}`}>×</a></span>`)}
    ${crumbs.length > 1 && html`<a class="note" href=${here(none)}>Remove all</a>`}
  </nav>`;
}

/**
 * @param {string} name
 * @param {string} value
 * @returns {{text: string, off: Record<string, string | null>}[]}
 */
function crumbOf(name, value) {
  if (name === "untagged") return [{ text: `Without the tag ${value}`, off: { untagged: null } }];
  if (name.startsWith(TAG)) return [{ text: `${name.slice(TAG.length)}: ${value}`, off: { [name]: null } }];
  if (PLAIN.includes(name)) return [{ text: `${TITLES.get(name)}: ${value}`, off: { [name]: null } }];
  return [];
}

/**
 * Links of which one is on; `name` is the parameter of the URL that they set.
 * @param {{label: string, name: string, value: string, options: {value: string, text: string}[], also?: Record<string, null>}} props
 */
export function Tabs({ label, name, value, options, also = {} }) {
  return html`<nav class="tabs" aria-label=${label}>
    ${options.map((each) => html`<a href=${here({ ...also, [name]: each.value })} aria-current=${each.value === value ? "true" : undefined}>${each.text}</a>`)}
  </nav>`;
}
