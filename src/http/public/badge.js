import { element, setAttribute, setText } from './dom.js';
import { statusMarks, statusOf, toneOf } from './status.js';

/**
 * @import { ClusterStatus } from '../../status/status-document.ts'
 * @import { Part } from './dom.js'
 */

/**
 * Creates the badge of a cluster: a mark and the word of its status.
 *
 * @returns {Part<ClusterStatus>}
 */
export function badge() {
  const mark = element('span', { 'aria-hidden': 'true', class: 'mark' });
  const word = element('span');
  const made = element('span', { class: 'badge' }, mark, word);
  return {
    element: made,
    update: (cluster) => {
      const tone = toneOf(cluster);
      setAttribute(made, 'data-tone', tone);
      setText(mark, statusMarks[tone]);
      setText(word, statusOf(cluster));
    },
  };
}
