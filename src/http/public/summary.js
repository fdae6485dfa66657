/** The number of clusters, in total and by status. Each status links to its clusters. */
import { byId, element, keyedChildren, setAttribute, setText } from './dom.js';
import { statusesBySeverity } from './status.js';
import { initialView, overviewRoute } from './view.js';
import { counted } from './words.js';

/**
 * @import { ClusterCounts } from '../../status/status-document.ts'
 * @import { Part } from './dom.js'
 * @import { Status } from './status.js'
 */

/** @typedef {{ readonly status: Status, readonly count: number }} StatusCount */
/** @typedef {StatusCount & { readonly isFirst: boolean, readonly isShown: boolean }} Tile */

/**
 * Returns how many clusters have each status, the worst first, without those that no cluster has.
 *
 * @param {ClusterCounts} counts
 * @returns {readonly StatusCount[]}
 */
export function countsByStatus(counts) {
  return statusesBySeverity.map((status) => ({ status, count: counts[status] })).filter(({ count }) => count > 0);
}

/** @param {ClusterCounts} counts */
export function totalOf(counts) {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/**
 * Creates the tiles. There is nothing to show for a single cluster.
 *
 * @returns {{ readonly update: (counts: ClusterCounts, shown: Status | undefined) => void }} `shown` is the only status
 *   that the overview shows, if it is restricted to one
 */
export function summary() {
  const target = byId('summary');
  const total = element('a', { class: 'total', href: '#/' });
  const tiles = element('span', { class: 'counts' });
  target.append(total, tiles);
  const updateTiles = keyedChildren(tiles, ({ status }) => status, tile);
  return {
    update: (counts, shown) => {
      const all = totalOf(counts);
      target.hidden = all < 2;
      setText(total, counted(all, 'cluster'));
      const listed = statusesBySeverity.filter((status) => counts[status] > 0 || status === shown);
      updateTiles(
        listed.map((status, index) => ({
          status,
          count: counts[status],
          isFirst: index === 0,
          isShown: status === shown,
        })),
      );
    },
  };
}

/**
 * @param {Tile} tile
 * @returns {Part<Tile>}
 */
function tile({ status }) {
  const separator = element('span', { class: 'visually-hidden' });
  const number = element('b');
  const link = element('a', { class: 'count', 'data-tone': status }, number, ` ${status}`);
  return {
    element: element('span', {}, separator, link),
    update: ({ count, isFirst, isShown }) => {
      setText(separator, isFirst ? ': ' : ', ');
      setText(number, `${count}`);
      setAttribute(link, 'href', overviewRoute(isShown ? initialView : { ...initialView, status }));
      setAttribute(link, 'aria-current', isShown ? 'true' : undefined);
      setAttribute(link, 'title', isShown ? 'Show all clusters' : `Show only those that are ${status}`);
    },
  };
}
