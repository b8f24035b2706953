/** What the modules use of Apache ECharts, typed by hand. */
export type Option = Record<string, unknown>;
export interface Click {
  readonly seriesName?: string;
  readonly name?: string;
  readonly dataIndex?: number;
  readonly data?: unknown;
}
export interface Surface {
  on(event: "click", then: (at: { offsetX: number; offsetY: number }) => void): void;
  off(event: "click"): void;
}
export interface Plot {
  getZr(): Surface;
  containPixel(part: "grid", at: [number, number]): boolean;
  convertFromPixel(part: "grid", at: [number, number]): [number, number];
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
