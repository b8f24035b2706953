/** A plot by ECharts: themed, labelled, and always also a table. */
import { html, useEffect, useRef, useState } from "./preact.js";
import { palette, themed } from "./theme.js";
import { Table } from "./table.js";

/** @typedef {import("../vendor/echarts-6.1.0.js").Option} Option */
/** @typedef {import("../vendor/echarts-6.1.0.js").Plot} Plot */
/** @typedef {import("../vendor/echarts-6.1.0.js").Click} Click */
/** @typedef {import("./table.js").Column} Column */

/**
 * A plot. `label` says in words what it shows; `columns` and `rows` are the same as a table.
 * `option` is made from the palette of the theme that is on; `onSelect` hears a click on a mark,
 * `onMoment` one anywhere in a plot over time, with the moment in milliseconds that is under it.
 * @param {{
 *   label: string, option: (colours: import("./theme.js").Palette) => Option, columns: Column[], rows: any[],
 *   height?: number, onSelect?: (click: Click) => void, onMoment?: (at: number) => void,
 * }} props
 */
export function Chart({ label, option, columns, rows, height = 260, onSelect, onMoment }) {
  const [tabular, setTabular] = useState(false);
  return html`<figure class="chart">
    <figcaption><span>${label}</span>
      <button class="plain" aria-pressed=${tabular ? "true" : "false"} onClick=${() => setTabular(!tabular)}>
        ${tabular ? "Show as chart" : "Show as table"}
      </button>
    </figcaption>
    ${tabular
      ? html`<${Table} caption=${label} columns=${columns} rows=${rows} />`
      : html`<${Canvas} label=${label} option=${option} height=${height} onSelect=${onSelect} onMoment=${onMoment} />`}
  </figure>`;
}

/**
 * @param {{
 *   label: string, option: (colours: import("./theme.js").Palette) => Option, height: number,
 *   onSelect?: (click: Click) => void, onMoment?: (at: number) => void,
 * }} props
 */
function Canvas({ label, option, height, onSelect, onMoment }) {
  const place = useRef(/** @type {HTMLElement | null} */ (null));
  const plot = useRef(/** @type {Plot | null} */ (null));
  const [ready, setReady] = useState(false);
  useEffect(() => mount(place.current, plot, () => setReady(true)), []);
  useEffect(() => {
    const draw = () => plot.current?.setOption(themed(option(palette())), { notMerge: true });
    draw();
    addEventListener("optiinfra:theme", draw);
    return () => removeEventListener("optiinfra:theme", draw);
  });
  useEffect(() => {
    if (!plot.current || !onSelect) return undefined;
    plot.current.on("click", onSelect);
    return () => plot.current?.off("click");
  }, [ready, onSelect]);
  useEffect(() => hear(plot.current, onMoment), [ready, onMoment]);
  return html`<div class="canvas" role="img" aria-label=${label} data-ready=${ready ? "true" : "false"} ref=${place} style=${{ height: `${height}px` }}></div>`;
}

/**
 * Tell `onMoment` where on the axis of time a click was; the function returned ends it.
 * @param {Plot | null} plot
 * @param {((at: number) => void) | undefined} onMoment
 */
function hear(plot, onMoment) {
  if (!plot || !onMoment) return undefined;
  const surface = plot.getZr();
  surface.on("click", ({ offsetX, offsetY }) => {
    if (plot.containPixel("grid", [offsetX, offsetY])) onMoment(plot.convertFromPixel("grid", [offsetX, offsetY])[0]);
  });
  return () => surface.off("click");
}

/**
 * Load ECharts, which is large, when the first plot is shown; follow the size of its place.
 * @param {HTMLElement | null} place
 * @param {{current: Plot | null}} plot
 * @param {() => void} done
 */
function mount(place, plot, done) {
  let gone = false;
  const sizes = new ResizeObserver(() => plot.current?.resize());
  import("../vendor/echarts-6.1.0.js").then((echarts) => {
    if (gone || !place) return;
    plot.current = echarts.init(place, null, { renderer: "canvas" });
    sizes.observe(place);
    done();
  });
  return () => {
    gone = true;
    sizes.disconnect();
    plot.current?.dispose();
    plot.current = null;
  };
}
