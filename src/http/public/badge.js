import { element, setAttribute, setText } from './dom.js';
import { verdictMarks } from './words.js';

/** @import { Verdict } from '../../zeebe/verdict.ts' */

/** Creates the badge of a verdict: a mark and a word, coloured by the verdict. */
export function badge() {
  const mark = element('span', { 'aria-hidden': 'true', class: 'mark' });
  const word = element('span');
  const made = element('span', { class: 'badge' }, mark, word);
  return {
    element: made,
    /** @param {Verdict} verdict */
    update: (verdict) => {
      setAttribute(made, 'data-verdict', verdict);
      setText(mark, verdictMarks[verdict]);
      setText(word, verdict);
    },
  };
}
