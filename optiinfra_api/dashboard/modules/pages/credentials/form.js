/** The fields of a cloud's credential as the API lists them, as inputs and as what is sent. */
import { words } from "../../format.js";
import { html } from "../../preact.js";

/**
 * @typedef {{
 *   name: string, type: string, required: boolean, nullable: boolean, secret: boolean, description: string,
 *   default: unknown, fields: Field[],
 * }} Field
 */
/** What was entered, by the path of its field: `cost_export.bucket`. */
/** @typedef {Record<string, string | boolean>} Entered */

const NUMBERS = ["integer", "number"];

/**
 * @param {{fields: Field[], entered: Entered, onEnter: (path: string, value: string | boolean) => void, under?: string}} props
 */
export function Fields({ fields, entered, onEnter, under = "" }) {
  return fields.map((field) => {
    const path = under + field.name;
    if (field.fields.length) {
      return html`<fieldset key=${path}><legend>${words(field.name)}${optional(field)}</legend>
        ${field.description && html`<p class="note">${field.description}</p>`}
        <${Fields} fields=${field.fields} entered=${entered} onEnter=${onEnter} under=${`${path}.`} />
      </fieldset>`;
    }
    return html`<${One} key=${path} field=${field} path=${path} value=${entered[path]} onEnter=${onEnter} needed=${field.required && !under} />`;
  });
}

/** @param {Field} field */
function optional(field) {
  return field.required ? "" : " (optional)";
}

/**
 * @param {{field: Field, path: string, value: string | boolean | undefined, needed: boolean, onEnter: (path: string, value: string | boolean) => void}} props
 */
function One({ field, path, value, needed, onEnter }) {
  const id = `credential-${path}`;
  const about = field.description ? `${id}-about` : undefined;
  if (field.type === "boolean") {
    const on = value === undefined ? field.default === true : value;
    return html`<div class="field"><label class="tick"><input id=${id} type="checkbox" checked=${on} aria-describedby=${about}
      onChange=${(/** @type {any} */ event) => onEnter(path, event.target.checked)} /> ${words(field.name)}</label><${About} id=${about} text=${field.description} /></div>`;
  }
  const hint = field.type === "list" ? "separated by commas" : field.default === null ? "" : String(field.default);
  return html`<div class="field"><label for=${id}>${words(field.name)}${optional(field)}</label>
    <input id=${id} type=${field.secret ? "password" : "text"} autocomplete="off" spellcheck="false" required=${needed} placeholder=${hint}
      inputmode=${NUMBERS.includes(field.type) ? "numeric" : undefined} aria-describedby=${about} value=${value ?? ""}
      onInput=${(/** @type {any} */ event) => onEnter(path, event.target.value)} />
    <${About} id=${about} text=${field.description} /></div>`;
}

/** @param {{id: string | undefined, text: string}} props */
function About({ id, text }) {
  return text ? html`<p class="note" id=${id}>${text}</p>` : null;
}

/**
 * What was entered as the API takes it; what was left empty is left out, so that defaults hold.
 * @param {Field[]} fields
 * @param {Entered} entered
 * @param {string} [under]
 * @returns {Record<string, unknown>}
 */
export function valuesOf(fields, entered, under = "") {
  const pairs = fields.map((field) => [field.name, valueOf(field, entered, under + field.name)]);
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined));
}

/**
 * @param {Field} field
 * @param {Entered} entered
 * @param {string} path
 */
function valueOf(field, entered, path) {
  if (field.fields.length) {
    const inner = valuesOf(field.fields, entered, `${path}.`);
    return Object.keys(inner).length ? inner : undefined;
  }
  const value = entered[path];
  if (typeof value === "boolean") return value;
  const text = (value ?? "").trim();
  if (!text) return undefined;
  if (field.type === "list") return text.split(/[\s,]+/).filter(Boolean);
  return NUMBERS.includes(field.type) && Number.isFinite(Number(text)) ? Number(text) : text;
}
