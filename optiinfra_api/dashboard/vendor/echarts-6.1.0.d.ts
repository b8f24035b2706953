/** What the modules use of Apache ECharts, typed by hand. */
export type Option = Record<string, unknown>;
export interface Click {
  readonly seriesName?: string;
  readonly name?: string;
  readonly dataIndex?: number;
  readonly data?: unknown;
}
export interface Plot {
  setOption(option: Option, how?: { notMerge?: boolean }): void;
  resize(): void;
  dispose(): void;
  on(event: "click", then: (click: Click) => void): void;
  off(event: "click"): void;
}
export function init(
  element: HTMLElement,
  theme: null,
  how: { renderer: "canvas" | "svg"; useDirtyRect?: boolean },
): Plot;
