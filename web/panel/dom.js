// Elements without markup: text is only ever text, so that no name, licence or message can become a script.

/** @typedef {Record<string, unknown>} Properties */

/**
 * Make an element. `on…` functions become listeners, `data` its data attributes, `aria-…` and other strings attributes.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Properties} [properties]
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) set(element, name, value);
  element.append(.../** @type {(Node | string)[]} */ (children.filter((child) => child || child === "")));
  return element;
}

/**
 * @param {HTMLElement} element
 * @param {string} name
 * @param {unknown} value
 */
function set(element, name, value) {
  if (value == null || value === false) return;
  if (typeof value === "function" && name.startsWith("on")) {
    element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
  } else if (name === "data") {
    Object.assign(element.dataset, value);
  } else if (name === "href") {
    element.setAttribute("href", safeLink(String(value)));
  } else {
    element.setAttribute(name, value === true ? "" : String(value));
  }
}

/**
 * Make a link to a page on the web, opened beside this one.
 * @param {string} href
 * @param {string} text
 */
export function link(href, text) {
  return h("a", { href, target: "_blank", rel: "noopener noreferrer" }, text);
}

/**
 * Return the address if it leads to a web page, else one that leads nowhere.
 * @param {string} href
 */
export function safeLink(href) {
  try {
    const url = new URL(href);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : "about:blank";
  } catch {
    return "about:blank";
  }
}

/**
 * Change an element's text only when it differs: a screen reader says what changes.
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
