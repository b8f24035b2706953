/** Measured values with their units, in the spelling of OpenTelemetry (UCUM). */
import { number } from "./format.js";

const POWERS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/**
 * A value as a person reads it: bytes in powers of 1024, annotations such as {requests} as words.
 * @param {number | null | undefined} value
 * @param {string} unit
 */
export function measured(value, unit) {
  if (value === null || value === undefined) return number(value);
  const bytes = /^By(\/s)?$/.exec(unit);
  if (bytes) return inBytes(value) + (bytes[1] || "");
  return number(rounded(value), /^\{.*\}$/.test(unit) || unit === "1" ? "" : unit);
}

/** @param {number} value */
function inBytes(value) {
  const power = Math.min(POWERS.length - 1, Math.floor(Math.log2(Math.max(1, Math.abs(value))) / 10));
  return number(rounded(value / 1024 ** power), POWERS[power]);
}

/**
 * Four significant places: what is measured is not known better.
 * @param {number} value
 */
function rounded(value) {
  return Number(value.toPrecision(4));
}
