// Small parts that several views are made of: buttons, icons, marks, names that may break.

import { h } from "./dom.js";

/**
 * Make a button with words on it.
 * @param {string} deed names it for styles, tests and the focus that is kept
 * @param {string} text
 * @param {() => void} onclick
 * @param {"plain" | "primary"} [kind]
 */
export function button(deed, text, onclick, kind = "plain") {
  return h("button", { type: "button", class: `modelget-button modelget-${kind}`, data: { deed }, onclick }, text);
}

/**
 * Make a button with an icon on it; its words are told to screen readers and by its tooltip.
 * @param {string} deed
 * @param {string} name of a PrimeIcon
 * @param {string} text
 * @param {() => void} onclick
 */
export function iconButton(deed, name, text, onclick) {
  const properties = { type: "button", class: "modelget-icon-button", title: text, "aria-label": text };
  return h("button", { ...properties, data: { deed }, onclick }, icon(name));
}

/**
 * Make an icon that says nothing by itself.
 * @param {string} name of a PrimeIcon, which ComfyUI's page brings along
 */
export function icon(name) {
  return h("i", { class: `pi pi-${name}`, "aria-hidden": "true" });
}

/**
 * Make a small label for what a reader should notice.
 * @param {"plain" | "warn"} kind
 * @param {string} text
 * @param {{icon?: string, title?: string}} [more]
 */
export function mark(kind, text, more = {}) {
  const picture = more.icon ? icon(more.icon) : "";
  return h("span", { class: `modelget-mark modelget-mark-${kind}`, title: more.title }, picture, text);
}

/**
 * Split a name where it may go on in the next line: after the characters that join its words.
 * @param {string} name
 * @returns {(string | HTMLElement)[]}
 */
export function breakable(name) {
  return name.split(/(?<=[_\-./\\@])/).flatMap((part, at) => (at ? [h("wbr"), part] : [part]));
}
