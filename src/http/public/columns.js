/** The columns of the overview, and the order of the clusters by each. */
import { severityOf } from './status.js';
import { problemsOf } from './words.js';

/** @import { ClusterSummary } from '../../status/cluster-summary.ts' */

/** @typedef {'verdict' | 'cluster' | 'problem' | 'brokers' | 'partitions' | 'poll'} Column */

/**
 * @typedef {object} ColumnSpec
 * @property {Column} id
 * @property {string} title
 * @property {boolean} startsDescending the order if the user sorts by the column
 * @property {(cluster: ClusterSummary) => number | string | undefined} sortKey clusters without a value come last
 */

/** @type {readonly ColumnSpec[]} */
export const columns = [
  { id: 'verdict', title: 'Verdict', startsDescending: true, sortKey: severityOf },
  { id: 'cluster', title: 'Cluster', startsDescending: false, sortKey: ({ name }) => name },
  { id: 'problem', title: 'Problem', startsDescending: false, sortKey: (cluster) => problemsOf(cluster)[0]?.text },
  { id: 'brokers', title: 'Brokers', startsDescending: true, sortKey: ({ brokerCount }) => brokerCount?.listed },
  {
    id: 'partitions',
    title: 'Partitions',
    startsDescending: true,
    sortKey: ({ partitionCount }) => partitionCount?.withoutProblem,
  },
  // What is shown is the time since then.
  { id: 'poll', title: 'Last poll', startsDescending: true, sortKey: ({ lastPoll }) => lastPoll && -lastPoll.endedAt },
];

/** @param {Column} id */
export function columnOf(id) {
  const found = columns.find((column) => column.id === id);
  if (!found) throw new Error(`no column ${id}`);
  return found;
}

const collator = new Intl.Collator('en', { numeric: true });

/**
 * Returns the clusters in the order of a column. Those with the same value are the worst first, and equally bad ones in
 * the order of the configuration.
 *
 * @template {ClusterSummary} Cluster
 * @param {readonly Cluster[]} clusters
 * @param {{ readonly column: Column, readonly isDescending: boolean }} order
 * @returns {readonly Cluster[]}
 */
export function sorted(clusters, { column, isDescending }) {
  const { sortKey } = columnOf(column);
  const sign = isDescending ? -1 : 1;
  return clusters
    .map((cluster) => ({ cluster, value: sortKey(cluster), severity: severityOf(cluster) }))
    .sort((a, b) => {
      if (a.value === b.value) return b.severity - a.severity;
      if (a.value === undefined) return 1;
      if (b.value === undefined) return -1;
      return sign * compare(a.value, b.value) || b.severity - a.severity;
    })
    .map(({ cluster }) => cluster);
}

/**
 * @param {number | string} a
 * @param {number | string} b
 */
function compare(a, b) {
  return typeof a === 'number' && typeof b === 'number' ? a - b : collator.compare(`${a}`, `${b}`);
}
