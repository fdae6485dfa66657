/** The keyboard shortcuts of the overview. */

/** @import { Pager } from './pager.js' */

/**
 * `/` moves the focus to the search, and the left and right arrows turn the pages.
 *
 * @param {{ readonly overview: HTMLElement, readonly search: HTMLInputElement, readonly pages: Pager }} parts
 */
export function listenToKeys({ overview, search, pages }) {
  document.addEventListener('keydown', (event) => {
    if (overview.hidden || event.ctrlKey || event.altKey || event.metaKey || isUsedBy(event.target)) return;
    if (event.key === '/' && search.checkVisibility()) {
      event.preventDefault();
      search.focus();
      search.select();
    }
    if (event.key === 'ArrowLeft') pages.turn(-1);
    if (event.key === 'ArrowRight') pages.turn(1);
  });
}

/**
 * Whether an element has a use for the keys itself: it takes text, or scrolls.
 *
 * @param {EventTarget | null} target
 */
function isUsedBy(target) {
  return target instanceof Element && target.closest('input, .scroller') !== null;
}
