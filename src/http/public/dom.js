/**
 * What the page does to its document: elements are made once and patched in place, so that focus, scroll positions and
 * open details stay. Text of a cluster only ever becomes text.
 */

/**
 * @template Item
 * @typedef {{ readonly element: HTMLElement, readonly update: (item: Item) => void }} Part
 */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Readonly<Record<string, string>>} [attributes]
 * @param {readonly (Node | string)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** @param {string} id one of index.html */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no #${id}`);
  return found;
}

/**
 * @param {Element} target
 * @param {string} text
 */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/**
 * @param {Element} target
 * @param {string} name
 * @param {string | undefined} value undefined takes the attribute away
 */
export function setAttribute(target, name, value) {
  if (value === undefined) target.removeAttribute(name);
  else if (target.getAttribute(name) !== value) target.setAttribute(name, value);
}

/**
 * A function that makes the children of `parent` follow a list: one part for each item, kept for as long as its key is
 * in the list, in the list's order.
 *
 * @template Item
 * @param {Element} parent holds nothing else
 * @param {(item: Item) => string} keyOf
 * @param {(item: Item) => Part<Item>} create
 * @returns {(items: readonly Item[]) => void}
 */
export function keyedChildren(parent, keyOf, create) {
  /** @type {Map<string, Part<Item>>} */
  let parts = new Map();
  return (items) => {
    /** @type {Map<string, Part<Item>>} */
    const next = new Map();
    for (const item of items) {
      const key = keyOf(item);
      const part = parts.get(key) ?? create(item);
      part.update(item);
      next.set(key, part);
    }
    for (const [key, part] of parts) if (!next.has(key)) part.element.remove();
    parts = next;
    let place = parent.firstElementChild;
    for (const part of next.values()) {
      if (part.element === place) place = place.nextElementSibling;
      else parent.insertBefore(part.element, place);
    }
  };
}

/**
 * An element that is moved loses the focus: it is given back.
 *
 * @param {() => void} change
 */
export function keepingFocus(change) {
  const focused = document.activeElement;
  change();
  if (focused instanceof HTMLElement && focused !== document.activeElement && focused.isConnected) {
    focused.focus({ preventScroll: true });
  }
}
