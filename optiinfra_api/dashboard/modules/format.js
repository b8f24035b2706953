/** Figures, money, shares and times as a person reads them; money is never made a float here. */
import { preference } from "./session.js";

export const NONE = "unknown";
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;
/** @type {Map<string, Intl.NumberFormat>} */
const numbers = new Map();

/**
 * @param {Intl.NumberFormatOptions} options
 * @returns {Intl.NumberFormat}
 */
function numberFormat(options) {
  const name = JSON.stringify(options);
  const found = numbers.get(name) || new Intl.NumberFormat(undefined, options);
  numbers.set(name, found);
  return found;
}

/**
 * An exact decimal string as money, rounded for show by Intl, which takes strings as they are.
 * @param {string | null | undefined} amount
 * @param {string} currency
 */
export function money(amount, currency) {
  if (amount === null || amount === undefined) return NONE;
  return numberFormat(moneyOptions(amount, currency)).format(/** @type {any} */ (amount));
}

/**
 * Money with its sign, for changes.
 * @param {string | null | undefined} amount
 * @param {string} currency
 */
export function delta(amount, currency) {
  if (amount === null || amount === undefined) return NONE;
  const options = { ...moneyOptions(amount, currency), signDisplay: /** @type {"exceptZero"} */ ("exceptZero") };
  return numberFormat(options).format(/** @type {any} */ (amount));
}

/**
 * The currencies of rows, the one with most charges first.
 * @param {{currency: string, rows?: number}[]} rows
 */
export function currenciesOf(rows) {
  /** @type {Map<string, number>} */
  const found = new Map();
  for (const row of rows) found.set(row.currency, (found.get(row.currency) || 0) + (row.rows ?? 1));
  return [...found.keys()].sort((a, b) => (found.get(b) || 0) - (found.get(a) || 0));
}

/**
 * Rows by currency, the one with most charges first; their order within it stays.
 * @template {{currency: string, rows?: number}} T
 * @param {T[]} rows
 * @returns {T[]}
 */
export function byCurrency(rows) {
  const order = currenciesOf(rows);
  return [...rows].sort((a, b) => order.indexOf(a.currency) - order.indexOf(b.currency));
}

/**
 * Cents where there are any, six places where an amount is all below a cent.
 * @param {string} amount
 * @param {string} currency
 * @returns {Intl.NumberFormatOptions}
 */
function moneyOptions(amount, currency) {
  const small = /^-?0\.00\d*[1-9]/.test(amount);
  const places = small ? { maximumFractionDigits: 6 } : {};
  if (!/^[A-Z]{3}$/.test(currency)) return { minimumFractionDigits: 2, maximumFractionDigits: small ? 6 : 2 };
  return { style: "currency", currency, currencyDisplay: "narrowSymbol", ...places };
}

/**
 * Money on an axis: short, for the eye only.
 * @param {number} amount
 * @param {string} currency
 */
export function moneyTick(amount, currency) {
  const style = /^[A-Z]{3}$/.test(currency)
    ? { style: /** @type {"currency"} */ ("currency"), currency, currencyDisplay: /** @type {"narrowSymbol"} */ ("narrowSymbol") }
    : {};
  return numberFormat({ ...style, notation: "compact", minimumFractionDigits: 0, maximumSignificantDigits: 3 }).format(amount);
}

/**
 * A plain number with its unit behind it.
 * @param {number | string | null | undefined} value
 * @param {string} [unit]
 */
export function number(value, unit = "") {
  if (value === null || value === undefined || value === "") return NONE;
  const text = numberFormat({ maximumSignificantDigits: 5 }).format(/** @type {any} */ (value));
  return unit ? `${text} ${unit}` : text;
}

/** @param {number | null | undefined} value */
export function count(value) {
  return value === null || value === undefined ? NONE : numberFormat({ maximumFractionDigits: 0 }).format(value);
}

/**
 * A number on an axis.
 * @param {number} value
 */
export function tick(value) {
  return numberFormat({ notation: "compact", maximumSignificantDigits: 3 }).format(value);
}

/**
 * A share from 0 to 1 as per cent.
 * @param {number | null | undefined} share
 * @param {boolean} [signed]
 */
export function percent(share, signed = false) {
  if (share === null || share === undefined || !Number.isFinite(share)) return NONE;
  const sign = signed ? { signDisplay: /** @type {"exceptZero"} */ ("exceptZero") } : {};
  return numberFormat({ style: "percent", maximumFractionDigits: 1, ...sign }).format(share);
}

/** UTC, unless the person switched to the time of this machine. */
export function zone() {
  return preference("zone", "utc") === "utc" ? "UTC" : undefined;
}

/** What stands behind a time: "UTC" or nothing more than the local time's short name. */
function zoneName() {
  return zone() ? " UTC" : "";
}

/**
 * @param {string | number | null | undefined} moment - RFC 3339, or milliseconds.
 * @param {Intl.DateTimeFormatOptions} options
 */
function moments(moment, options) {
  if (moment === null || moment === undefined) return "never";
  return new Intl.DateTimeFormat(undefined, { ...options, timeZone: zone(), hourCycle: "h23" }).format(new Date(moment));
}

/** @param {string | number | null | undefined} moment */
export function time(moment) {
  const text = moments(moment, { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
  return moment === null || moment === undefined ? text : text + zoneName();
}

/**
 * The day of a period that starts at midnight UTC: days of charges are days of UTC in either zone.
 * @param {string | number | null | undefined} moment
 */
export function day(moment) {
  if (moment === null || moment === undefined) return "never";
  return new Intl.DateTimeFormat(undefined, { year: "numeric", month: "short", day: "numeric", timeZone: "UTC" }).format(
    new Date(moment),
  );
}

/**
 * A day without its year, for axes.
 * @param {string | number} moment
 */
export function shortDay(moment) {
  return new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", timeZone: "UTC" }).format(new Date(moment));
}

/**
 * Hours and minutes, for axes.
 * @param {string | number} moment
 */
export function clock(moment) {
  return moments(moment, { hour: "2-digit", minute: "2-digit" });
}

/**
 * A length of time in the largest unit that leaves at least one: "5 min", "2 days".
 * @param {number | null | undefined} seconds
 */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return NONE;
  const length = Math.abs(seconds);
  if (length < MINUTE) return `${Math.round(seconds)} s`;
  if (length < HOUR) return `${Math.round(seconds / MINUTE)} min`;
  if (length < 2 * DAY) return `${Math.round(seconds / HOUR)} h`;
  return `${Math.round(seconds / DAY)} days`;
}

/** Words that are not written as they are said. */
const SPELLINGS = new Map(["CPU", "GPU", "DTU", "SKU", "ID", "API", "vCPUs", "GiB"].map((word) => [word.toLowerCase(), word]));

/**
 * A name in the API's spelling as words: "charge_category" is "Charge category".
 * @param {string} name
 */
export function words(name) {
  const parts = name.replace(/[_-]+/g, " ").trim().split(" ");
  const text = parts.map((part) => SPELLINGS.get(part) || part).join(" ");
  return SPELLINGS.has(parts[0] || "") ? text : text.charAt(0).toUpperCase() + text.slice(1);
}
