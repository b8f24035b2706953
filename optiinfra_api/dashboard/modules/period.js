/** The choice of a period: days back from now, a month, or dates; always days of UTC. */
import { html } from "./preact.js";
import { change } from "./state.js";

const DAYS = ["1", "7", "14", "30", "60", "90", "180", "365"];
const DAY_MS = 86_400_000;
const DATES = "dates";

/** @typedef {Record<string, string>} Params */
/** @typedef {{value: string, text: string, months: number}} Month */

/** @type {Month[]} */
const MONTHS = [
  { value: "this-month", text: "This month", months: 0 },
  { value: "last-month", text: "Last month", months: -1 },
];

/** @param {{params: Params}} props */
export function PeriodChoice({ params }) {
  const dated = Boolean(params.start && params.end);
  const asked = params.days || "30";
  // A link may ask for any number of days.
  const lengths = [...new Set([...DAYS, asked])].sort((one, other) => Number(one) - Number(other));
  const options = [
    ...lengths.map((days) => ({ value: days, text: days === "1" ? "Last day" : `Last ${days} days` })),
    ...MONTHS,
    { value: DATES, text: "Dates" },
  ];
  const value = dated ? monthOf(params) || DATES : asked;
  return html`<label class="choice"><span>Period</span>
      <select value=${value} onChange=${(/** @type {any} */ event) => choose(event.target.value, params)}>
        ${options.map((each) => html`<option value=${each.value} selected=${each.value === value}>${each.text}</option>`)}
      </select></label>
    ${value === DATES && html`<${Dates} params=${params} />`}`;
}

/**
 * The first and the last day; the API's end is exclusive, people's is not.
 * @param {{params: Params}} props
 */
function Dates({ params }) {
  const first = dateOf(params.start || "");
  const last = dateOf(new Date(Date.parse(params.end || "") - 1).toISOString());
  const set = (/** @type {string} */ from, /** @type {string} */ to) => {
    if (from && to && from <= to) change(span(Date.parse(from), Date.parse(to) + DAY_MS));
  };
  return html`<label class="choice"><span>From</span>
      <input type="date" value=${first} max=${last} onChange=${(/** @type {any} */ event) => set(event.target.value, last)} /></label>
    <label class="choice"><span>To</span>
      <input type="date" value=${last} min=${first} onChange=${(/** @type {any} */ event) => set(first, event.target.value)} /></label>`;
}

/**
 * @param {string} value
 * @param {Params} params
 */
function choose(value, params) {
  const month = MONTHS.find((each) => each.value === value);
  if (month) change(bounds(month));
  else if (value === DATES) change(span(midnight() - Number(params.days || 30) * DAY_MS + DAY_MS, midnight() + DAY_MS));
  else change({ days: value, start: null, end: null });
}

/**
 * Which of the months to choose from the dates are, if any.
 * @param {Params} params
 */
function monthOf(params) {
  return MONTHS.find((each) => {
    const { start, end } = bounds(each);
    return start === params.start && end === params.end;
  })?.value;
}

/** @param {Month} month */
function bounds({ months }) {
  const now = new Date();
  const start = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months, 1);
  return span(start, Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months + 1, 1));
}

/**
 * @param {number} start
 * @param {number} end
 */
function span(start, end) {
  return { start: new Date(start).toISOString(), end: new Date(end).toISOString(), days: null };
}

function midnight() {
  const now = Date.now();
  return now - (now % DAY_MS);
}

/** @param {string} moment */
function dateOf(moment) {
  return moment.slice(0, 10);
}
