/** How many resources there are by kind, state, region and account, and how old they are. */
import { count, day, number, words } from "../../format.js";
import { Figure } from "../../panel.js";
import { html, useState } from "../../preact.js";
import { Choice } from "../../shell.js";
import { Table } from "../../table.js";

/** @typedef {any} Group */
/** @typedef {{name: string, groups: Group[]}} Heap */

const BY = [
  { value: "resource_type", text: "Kind" },
  { value: "status", text: "State" },
  { value: "region", text: "Region" },
  { value: "account_id", text: "Account" },
  { value: "provider", text: "Cloud" },
];

/**
 * The sum of a size over those groups that tell it; null where none does.
 * @param {Group[]} groups
 * @param {string} field
 * @returns {number | null}
 */
function sum(groups, field) {
  const known = groups.map((group) => group[field]).filter((value) => value !== null);
  return known.length ? known.reduce((total, value) => total + value, 0) : null;
}

/**
 * The mean age in days of those resources that tell when they were made.
 * @param {Group[]} groups
 */
function age(groups) {
  const known = groups.filter((group) => group.average_age_days !== null);
  const resources = sum(known, "resources");
  return resources ? known.reduce((total, group) => total + group.average_age_days * group.resources, 0) / resources : null;
}

/** @param {Group[]} groups */
function oldest(groups) {
  return groups.map((group) => group.oldest_created_at).filter(Boolean).sort()[0] ?? null;
}

/** @param {{rows: Group[]}} props */
export function Counts({ rows }) {
  const [by, setBy] = useState("resource_type");
  const heaps = [...Map.groupBy(rows, (row) => row[by])].map(([name, groups]) => ({ name, groups }));
  const states = [...Map.groupBy(rows, (row) => row.status)];
  return html`<dl class="figures">
      <${Figure} label="Resources" value=${count(sum(rows, "resources"))} />
      ${states.map(([state, groups]) => html`<${Figure} label=${words(state)} value=${count(sum(groups, "resources"))} />`)}
      <${Figure} label="Virtual CPUs" value=${number(sum(rows, "vcpus"))} />
      <${Figure} label="Memory" value=${number(sum(rows, "memory_gib"), "GiB")} />
      <${Figure} label="Mean age" value=${number(whole(age(rows)), "days")} />
    </dl>
    <${Choice} label="Count by" value=${by} options=${BY} onChoose=${setBy} />
    <${Table} caption="Counts of resources" columns=${columns(by)} rows=${heaps} />`;
}

/** @param {number | null} value */
function whole(value) {
  return value === null ? null : Math.round(value);
}

/** @param {string} by */
function columns(by) {
  const title = BY.find((each) => each.value === by)?.text || "";
  /** @param {string} name @param {string} field @param {string} [unit] */
  const size = (name, field, unit) => ({
    title: name,
    numeric: true,
    value: (/** @type {Heap} */ heap) => number(sum(heap.groups, field), unit),
  });
  return [
    { title, value: (/** @type {Heap} */ heap) => heap.name },
    size("Resources", "resources"),
    size("vCPUs", "vcpus"),
    size("Memory", "memory_gib", "GiB"),
    size("Storage", "storage_gib", "GiB"),
    { title: "Mean age", numeric: true, value: (/** @type {Heap} */ heap) => number(whole(age(heap.groups)), "days") },
    { title: "Oldest", value: (/** @type {Heap} */ heap) => (oldest(heap.groups) ? day(oldest(heap.groups)) : "unknown") },
  ];
}
