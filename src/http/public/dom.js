/**
 * Changes to the document. Elements are created once and updated in place, which keeps focus, scroll positions and open
 * details. Text from a cluster is only inserted as text, never as HTML.
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
 * @param {string | undefined} value undefined removes the attribute
 */
export function setAttribute(target, name, value) {
  if (value === undefined) target.removeAttribute(name);
  else if (target.getAttribute(name) !== value) target.setAttribute(name, value);
}

/**
 * Returns a function that updates the children of `parent` from a list: one part per item, in the order of the list. A
 * part is kept as long as its key is in the list.
 *
 * @template Item
 * @param {Element} parent has no other children
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
 * Runs a change and restores the focus, which an element loses when it is moved.
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
