import { element, setAttribute, setText } from './dom.js';
import { statusMarks, statusOf, toneOf } from './status.js';

/**
 * @import { ClusterSummary } from '../../status/cluster-summary.ts'
 * @import { Verdict } from '../../zeebe/verdict.ts'
 * @import { Part } from './dom.js'
 * @import { Status } from './status.js'
 */

/**
 * Creates the badge of a cluster: a mark and the word of its status.
 *
 * @returns {Part<ClusterSummary>}
 */
export function badge() {
  const { element, show } = emptyBadge();
  return { element, update: (cluster) => show(toneOf(cluster), statusOf(cluster)) };
}

/**
 * Creates the badge of a part of a cluster.
 *
 * @returns {Part<Verdict>}
 */
export function verdictBadge() {
  const { element, show } = emptyBadge();
  return { element, update: (verdict) => show(verdict, verdict) };
}

function emptyBadge() {
  const mark = element('span', { 'aria-hidden': 'true', class: 'mark' });
  const word = element('span');
  const made = element('span', { class: 'badge' }, mark, word);
  return {
    element: made,
    /**
     * @param {Status} tone
     * @param {Status} status
     */
    show: (tone, status) => {
      setAttribute(made, 'data-tone', tone);
      setText(mark, statusMarks[tone]);
      setText(word, status);
    },
  };
}
