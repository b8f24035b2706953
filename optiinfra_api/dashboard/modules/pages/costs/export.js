/** The charges of the period as a FOCUS file, saved by the browser. */
import { request, urlOf } from "../../api.js";
import { Failure } from "../../panel.js";
import { html, useState } from "../../preact.js";
import { problemOf } from "../../load.js";

const FILES = [
  { file: "csv", text: "FOCUS 1.3 as CSV" },
  { file: "parquet", text: "FOCUS 1.3 as Parquet" },
];

/** @typedef {{base: string, name: string, period: Record<string, string>}} ExportProps */

/** @param {ExportProps} props */
export function Export({ base, name, period }) {
  const [state, setState] = useState(/** @type {{busy: string, problem: import("../../api.js").Problem | null}} */ ({ busy: "", problem: null }));
  const save = (/** @type {string} */ file) => {
    setState({ busy: file, problem: null });
    download(urlOf(`${base}/export`, { ...period, version: "1.3", file }), `${name}.${file}`).then(
      () => setState({ busy: "", problem: null }),
      (failure) => setState({ busy: "", problem: problemOf(failure) }),
    );
  };
  return html`<span class="export">
    ${FILES.map(({ file, text }) => html`<button class="plain" disabled=${Boolean(state.busy)} onClick=${() => save(file)}>${state.busy === file ? "Writing" : text}</button>`)}
    <${Failure} problem=${state.problem} />
  </span>`;
}

/**
 * Save what `url` answers as a file; a link could not carry the key.
 * @param {string} url
 * @param {string} name
 */
async function download(url, name) {
  const response = await request(url, {});
  const address = URL.createObjectURL(await response.blob());
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
