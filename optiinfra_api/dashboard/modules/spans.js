/** Lengths of periods, and how finely each is shown so that a plot has a few hundred points. */
import { clock, shortDay } from "./format.js";

/** @typedef {Record<string, string>} Period */

export const DAY = 86400;
const MOST_POINTS = 300;
/** Lengths of steps in seconds that a person reads easily. */
const STEPS = [300, 900, 1800, 3600, 3 * 3600, 6 * 3600, DAY, 7 * DAY];

/**
 * Seconds of a period as pages have it.
 * @param {Period} period
 */
export function secondsOf(period) {
  if (period.start && period.end) return (Date.parse(period.end) - Date.parse(period.start)) / 1000;
  return Number(period.days || 30) * DAY;
}

/**
 * The step in seconds that cuts the period into at most 300.
 * @param {Period} period
 */
export function stepOf(period) {
  return STEPS.find((step) => secondsOf(period) / step <= MOST_POINTS) || 31 * DAY;
}

/**
 * The grouping by calendar that suits the period: hour, day or week.
 * @param {Period} period
 */
export function groupOf(period) {
  const days = secondsOf(period) / DAY;
  if (days <= 10) return "hour";
  return days <= 190 ? "day" : "week";
}

/**
 * A moment on an axis of hours: the day at midnight, else the time of day.
 * @param {number | string} at
 */
export function hours(at) {
  const text = clock(at);
  return text === "00:00" ? shortDay(at) : text;
}
