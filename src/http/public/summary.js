/** The number of clusters, in total and by status. */
import { byId, element } from './dom.js';
import { statusesBySeverity, statusOf } from './status.js';
import { counted } from './words.js';

/**
 * @import { ClusterStatus } from '../../status/status-document.ts'
 * @import { Status } from './status.js'
 */

/** @typedef {{ readonly status: Status, readonly count: number }} StatusCount */

/**
 * Returns how many clusters have each status, the worst first, without those that no cluster has.
 *
 * @param {readonly ClusterStatus[]} clusters
 * @returns {readonly StatusCount[]}
 */
export function countsByStatus(clusters) {
  return statusesBySeverity.flatMap((status) => {
    const count = clusters.filter((cluster) => statusOf(cluster) === status).length;
    return count === 0 ? [] : [{ status, count }];
  });
}

let shown = '';

/**
 * Shows the counts as tiles. Nothing is shown for a single cluster.
 *
 * @param {number} total
 * @param {readonly StatusCount[]} counts
 */
export function showSummary(total, counts) {
  const next = JSON.stringify([total, counts]);
  if (next === shown) return;
  shown = next;
  const target = byId('summary');
  target.hidden = total < 2;
  const tiles = counts.flatMap(({ status, count }, index) => [
    hidden(index === 0 ? ': ' : ', '),
    element('span', { class: 'count', 'data-tone': status }, element('b', {}, `${count}`), ` ${status}`),
  ]);
  target.replaceChildren(element('span', { class: 'total' }, counted(total, 'cluster')), ...tiles);
}

/** @param {string} text for screen readers */
function hidden(text) {
  return element('span', { class: 'visually-hidden' }, text);
}
