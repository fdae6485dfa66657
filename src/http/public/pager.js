/** The pages of the overview. */
import { element, setAttribute, setText } from './dom.js';

/**
 * @import { Part } from './dom.js'
 * @import { Selected } from './view.js'
 */

/** @typedef {Part<Omit<Selected, 'clusters'>> & { readonly turn: (by: number) => void }} Pager */

/**
 * @param {(page: number) => void} go
 * @returns {Pager}
 */
export function pager(go) {
  const text = element('span', { role: 'status' });
  const previous = pageButton('← Previous', 'ArrowLeft');
  const next = pageButton('Next →', 'ArrowRight');
  const made = element('nav', { class: 'pager', 'aria-label': 'Pages of clusters' }, previous, text, next);
  let page = 1;
  let pages = 1;
  const turn = (/** @type {number} */ by) => {
    if (page + by >= 1 && page + by <= pages) go(page + by);
  };
  previous.addEventListener('click', () => turn(-1));
  next.addEventListener('click', () => turn(1));
  return {
    element: made,
    turn,
    update: ({ first, last, matching, page: current, pages: count }) => {
      page = current;
      pages = count;
      made.hidden = pages === 1;
      setText(text, `Page ${page} of ${pages}: clusters ${first} to ${last} of ${matching}`);
      setAttribute(previous, 'aria-disabled', `${page === 1}`);
      setAttribute(next, 'aria-disabled', `${page === pages}`);
    },
  };
}

/**
 * A button that keeps the focus while it has no page to go to, as a disabled one would not.
 *
 * @param {string} text
 * @param {string} key
 */
function pageButton(text, key) {
  return element('button', { type: 'button', 'aria-keyshortcuts': key }, text);
}
