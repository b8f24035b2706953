/** Starts a collection and follows it to its end. */
import { post } from "../../api.js";
import { count, words } from "../../format.js";
import { problemOf, refresh, useRead } from "../../load.js";
import { Badge, Failure, Panel } from "../../panel.js";
import { html, useEffect, useState } from "../../preact.js";
import { useSession } from "../../session.js";
import { Choice } from "../../shell.js";
import { STATES } from "./history.js";

const LOOK_AGAIN_MS = 3000;
const UNDER_WAY = ["queued", "running"];

/** @typedef {any} Task */
/** @typedef {import("../../api.js").Problem | null} Problem */

/** @param {{customer: string, cloud: string | undefined}} props */
export function Trigger({ customer, cloud }) {
  const { providers } = useSession();
  const [chosen, setChosen] = useState(cloud || providers[0]?.slug || "");
  const [kinds, setKinds] = useState(/** @type {string[]} */ ([]));
  const [task, setTask] = useState(/** @type {Task | null} */ (null));
  const [problem, setProblem] = useState(/** @type {Problem} */ (null));
  const [busy, setBusy] = useState(false);
  const provider = providers.find((each) => each.slug === chosen);
  const start = (/** @type {Event} */ event) => {
    event.preventDefault();
    setProblem(null);
    setBusy(true);
    post("/api/v1/collect/trigger", { customer_id: customer, provider: chosen, data_types: kinds })
      .then(setTask, (failure) => setProblem(problemOf(failure)))
      .finally(() => setBusy(false));
  };
  return html`<${Panel} title="Collect now" wide>
    <form class="crumbs" onSubmit=${start}>
      <${Choice} label="Collect from" value=${chosen} options=${providers.map((each) => ({ value: each.slug, text: each.title }))}
        onChoose=${(/** @type {string} */ value) => { setChosen(value); setKinds([]); }} />
      <${Kinds} names=${(provider?.data_types || []).map((each) => each.name)} chosen=${kinds} onChoose=${setKinds} />
      <button type="submit" disabled=${busy}>${busy ? "Starting" : "Collect"}</button>
    </form>
    <${Failure} problem=${problem} />
    ${task && html`<${Progress} key=${task.task_id} task=${task} />`}
  <//>`;
}

/**
 * Which data; none chosen means all of it.
 * @param {{names: string[], chosen: string[], onChoose: (names: string[]) => void}} props
 */
function Kinds({ names, chosen, onChoose }) {
  const turn = (/** @type {string} */ name) => onChoose(chosen.includes(name) ? chosen.filter((each) => each !== name) : [...chosen, name]);
  return html`<fieldset class="crumbs"><legend class="note">Data (none chosen: all)</legend>
    ${names.map((name) => html`<label><input type="checkbox" checked=${chosen.includes(name)} onChange=${() => turn(name)} /> ${words(name)}</label>`)}
  </fieldset>`;
}

/** @param {{task: Task}} props */
function Progress({ task }) {
  const [look, setLook] = useState(0);
  const read = useRead(`/api/v1/collect/status/${task.task_id}`);
  const status = read.answer?.status || task.status;
  const links = task.links.runs;
  useEffect(() => {
    if (!UNDER_WAY.includes(status)) return undefined;
    const timer = setTimeout(() => { refresh(); setLook(look + 1); }, LOOK_AGAIN_MS);
    return () => clearTimeout(timer);
  }, [status, look]);
  return html`<div class="notice" role="status">
    <strong>${task.joined ? "Joined a collection that is under way" : "Collection"}: <${Badge} kind=${STATES[status] || "plain"}>${status}<//></strong>
    ${(read.answer?.results || []).map((/** @type {any} */ result) =>
      html`<p>${words(result.data_type)}: ${result.status}, ${count(result.rows)} rows${result.error ? `. ${result.error.detail} ${result.error.remedy}` : ""}</p>`)}
    <p>${links.map((/** @type {string} */ link) => html`<a href=${link} rel="noreferrer" target="_blank">The run in Dagster</a> `)}</p>
    <${Failure} problem=${read.problem} />
  </div>`;
}
