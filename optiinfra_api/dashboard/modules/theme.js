/** Light or dark, and the colours that plots take from the style sheet. */
import { prefer, preference } from "./session.js";

/**
 * @typedef {{
 *   series: string[], ink: string, faint: string, line: string, surface: string, accent: string,
 *   good: string, warn: string, bad: string,
 * }} Palette
 */

const SERIES = 8;
export const THEMES = ["auto", "light", "dark"];

/** Put the theme that the person chose on the page. */
export function applyTheme() {
  const chosen = preference("theme", "auto");
  if (chosen === "auto") document.documentElement.removeAttribute("data-theme");
  else document.documentElement.setAttribute("data-theme", chosen);
  dispatchEvent(new Event("optiinfra:theme"));
}

/** @param {string} theme - auto, light or dark. */
export function chooseTheme(theme) {
  prefer("theme", theme);
  applyTheme();
}

/** Follow the machine's own switch while the person chose none. */
export function followTheme() {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", applyTheme);
  applyTheme();
}

/** @returns {Palette} The colours of the theme that is on, from css/colours.css. */
export function palette() {
  const style = getComputedStyle(document.documentElement);
  /** @param {string} name */
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    series: Array.from({ length: SERIES }, (_, at) => colour(`series-${at + 1}`)),
    ink: colour("ink"),
    faint: colour("faint"),
    line: colour("line"),
    surface: colour("surface"),
    accent: colour("accent"),
    good: colour("good"),
    warn: colour("warn"),
    bad: colour("bad"),
  };
}

/** Whether the person asked for little movement. */
export function still() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/**
 * An option of ECharts with what all plots share: colours, font, no inline style for tooltips.
 * @param {import("../vendor/echarts-6.1.0.js").Option} option
 * @returns {import("../vendor/echarts-6.1.0.js").Option}
 */
export function themed(option) {
  const colours = palette();
  const text = { color: colours.ink, fontFamily: "system-ui, sans-serif", fontSize: 12 };
  const tooltip = {
    confine: true,
    // HTML tooltips would need inline styles, which the page's policy forbids.
    renderMode: "richText",
    backgroundColor: colours.surface,
    borderColor: colours.line,
    textStyle: text,
    .../** @type {object} */ (option.tooltip),
  };
  return {
    color: colours.series,
    textStyle: text,
    animation: !still(),
    animationDuration: 250,
    aria: { enabled: false },
    ...option,
    ...(option.tooltip ? { tooltip } : {}),
  };
}
