/** The kinds of plot that pages use, as options of ECharts: over time, and by rank. */
import { zone } from "./format.js";

/** @typedef {import("./theme.js").Palette} Palette */
/** @typedef {import("../vendor/echarts-6.1.0.js").Option} Option */

/**
 * A series over time: points are [moment, value]; null is a gap, never 0.
 * @typedef {{
 *   name: string, points: [string, number | null][], colour?: string, dashed?: boolean,
 *   kind?: "bar" | "line" | "area", opacity?: (at: string) => number, marks?: {at: string, text: string}[],
 * }} Series
 */

/**
 * What is plotted over time. `value` and `moment` say how figures and times read.
 * @typedef {{
 *   series: Series[], stack?: boolean, value: (value: number) => string, tip?: (value: number) => string,
 *   moment: (at: number | string) => string, longMoment?: (at: number | string) => string, min?: number, max?: number,
 *   remark?: (at: number) => string,
 * }} TimePlot
 */

/** Up to this many periods are labelled themselves; ticks at round dates would stand beside them. */
const MOST_LABELS = 31;
const GRID = { left: 8, right: 16, top: 40, bottom: 8, containLabel: true };

/**
 * Series over one axis of time.
 * @param {TimePlot} plot
 * @param {Palette} colours
 * @returns {Option}
 */
export function overTime(plot, colours) {
  const tip = plot.tip || plot.value;
  const names = plot.series.map((each) => each.name);
  return {
    useUTC: zone() === "UTC",
    grid: { ...GRID, top: names.length > 1 ? 34 : 12 },
    legend: names.length > 1 ? legend(names, colours) : undefined,
    tooltip: {
      trigger: "axis",
      axisPointer: { type: "line", lineStyle: { color: colours.faint } },
      formatter: (/** @type {any[]} */ points) => tipOf(points, tip, plot),
    },
    xAxis: {
      type: "time",
      axisLine: { lineStyle: { color: colours.line } },
      axisTick: { show: false },
      axisLabel: { color: colours.faint, hideOverlap: true, formatter: plot.moment, ...labels(plot.series) },
      splitLine: { show: false },
    },
    yAxis: {
      type: "value",
      min: plot.min,
      max: plot.max,
      splitNumber: 4,
      interval: plot.max === undefined ? undefined : plot.max / 4,
      axisLabel: { color: colours.faint, formatter: plot.value },
      splitLine: { lineStyle: { color: colours.line } },
    },
    series: (plot.stack ? aligned(plot.series) : plot.series).map((each, at) => drawn(each, each.colour || colours.series[at % colours.series.length] || "", plot.stack, colours)),
  };
}

/**
 * Labels at the periods themselves, where they are few.
 * @param {Series[]} series
 */
function labels(series) {
  const moments = [...new Set(series.flatMap((each) => each.points.map(([at]) => Date.parse(at))))].sort((a, b) => a - b);
  return moments.length > 0 && moments.length <= MOST_LABELS ? { customValues: moments } : {};
}

/**
 * The series over the same moments: ECharts piles up stacks by position, not by moment.
 * @param {Series[]} series
 * @returns {Series[]}
 */
function aligned(series) {
  const moments = [...new Set(series.flatMap((each) => each.points.map(([at]) => at)))].sort();
  return series.map((each) => {
    const values = new Map(each.points);
    return { ...each, points: moments.map((at) => [at, values.get(at) ?? null]) };
  });
}

/**
 * @param {any[]} points
 * @param {(value: number) => string} value
 * @param {TimePlot} plot
 */
function tipOf(points, value, plot) {
  const known = points.filter((point) => point.value[1] !== null && point.value[1] !== undefined);
  const lines = known.map((point) => `${point.marker} ${point.seriesName}  ${value(point.value[1])}`);
  const at = points[0]?.axisValue;
  const remark = plot.remark?.(at);
  return [(plot.longMoment || plot.moment)(at), ...lines, ...(remark ? [remark] : [])].join("\n");
}

/**
 * @param {Series} series
 * @param {string} colour
 * @param {boolean | undefined} stack
 * @param {Palette} colours
 * @returns {Option}
 */
function drawn(series, colour, stack, colours) {
  const bar = series.kind === "bar";
  return {
    name: series.name,
    type: bar ? "bar" : "line",
    data: series.points.map((point) => datum(series, point)),
    stack: stack ? "all" : undefined,
    showSymbol: series.points.length < 3,
    symbolSize: 5,
    connectNulls: false,
    barMaxWidth: 44,
    itemStyle: { color: colour },
    lineStyle: { width: 1.75, color: colour, type: series.dashed ? "dashed" : "solid" },
    areaStyle: series.kind === "area" ? { color: colour, opacity: 0.18 } : undefined,
    emphasis: { focus: stack ? "series" : "none" },
    markLine: series.marks?.length ? markLine(series.marks, colours) : undefined,
  };
}

/**
 * @param {Series} series
 * @param {[string, number | null]} point
 */
function datum(series, point) {
  return series.opacity ? { value: point, itemStyle: { opacity: series.opacity(point[0]) } } : { value: point };
}

/**
 * @param {{at: string, text: string}[]} marks
 * @param {Palette} colours
 */
function markLine(marks, colours) {
  return {
    symbol: ["none", "triangle"],
    symbolSize: 7,
    lineStyle: { color: colours.warn, type: "dotted", width: 1 },
    label: { show: false },
    tooltip: { formatter: (/** @type {any} */ mark) => mark.name },
    data: marks.map((mark) => ({ name: mark.text, xAxis: mark.at })),
  };
}

/**
 * Bars by rank, the largest on top.
 * @param {{names: string[], values: (number | null)[], value: (value: number) => string, tip?: (at: number) => string}} plot
 * @param {Palette} colours
 * @returns {Option}
 */
export function ranked(plot, colours) {
  return {
    grid: { ...GRID, top: 8 },
    tooltip: { trigger: "item", formatter: (/** @type {any} */ bar) => `${bar.name}\n${plot.tip ? plot.tip(bar.dataIndex) : plot.value(bar.value)}` },
    xAxis: {
      type: "value",
      splitNumber: 3,
      axisLabel: { color: colours.faint, formatter: plot.value, hideOverlap: true },
      splitLine: { lineStyle: { color: colours.line } },
    },
    yAxis: {
      type: "category",
      inverse: true,
      data: plot.names,
      axisTick: { show: false },
      axisLine: { show: false },
      axisLabel: { color: colours.ink, width: 150, overflow: "truncate" },
    },
    series: [{ type: "bar", data: plot.values, barMaxWidth: 16, itemStyle: { color: colours.series[0], borderRadius: [0, 2, 2, 0] } }],
  };
}

/**
 * @param {string[]} names
 * @param {Palette} colours
 */
function legend(names, colours) {
  return {
    type: "scroll",
    top: 4,
    left: 0,
    right: 8,
    icon: "roundRect",
    itemWidth: 10,
    itemHeight: 10,
    textStyle: { color: colours.ink },
    pageTextStyle: { color: colours.faint },
    pageIconColor: colours.ink,
    pageIconInactiveColor: colours.line,
    data: names,
  };
}
