/** The overview of all clusters, the worst first. */
import { badge } from './badge.js';
import { element, keyedChildren, setAttribute, setText } from './dom.js';
import { countPartitions } from './partitions.js';
import { clusterRoute } from './routes.js';
import { bySeverity, statusOf, toneOf } from './status.js';
import { relativeTime } from './times.js';
import { capitalized, problemsOf } from './words.js';

/**
 * @import { ClusterStatus } from '../../status/status-document.ts'
 * @import { Part } from './dom.js'
 */

/** With at least as many clusters, there is a filter. */
const minForFilter = 8;

/** @returns {Part<readonly ClusterStatus[]>} */
export function overview() {
  const { table, rows } = emptyTable();
  const input = element('input', { type: 'search', id: 'filter', autocomplete: 'off', spellcheck: 'false' });
  const shown = element('span', { class: 'muted', role: 'status' });
  const filter = element('div', { class: 'filter' }, element('label', { for: 'filter' }, 'Filter'), input, shown);
  const made = element('section', { 'aria-label': 'Overview' }, filter, table);

  const updateRows = keyedChildren(rows, ({ name }) => name, row);
  /** @type {readonly ClusterStatus[]} */
  let clusters = [];
  const show = () => {
    const matching = clusters.filter((cluster) => matches(cluster, input.value));
    updateRows(bySeverity(matching));
    setText(shown, input.value.trim() === '' ? '' : `${matching.length} of ${clusters.length} clusters`);
  };
  input.addEventListener('input', show);
  return {
    element: made,
    update: (all) => {
      clusters = all;
      filter.hidden = all.length < minForFilter;
      show();
    },
  };
}

function emptyTable() {
  const rows = element('tbody', { role: 'rowgroup' });
  const columns = ['Verdict', 'Cluster', 'Problem', 'Brokers', 'Partitions', 'Last poll'];
  const heads = columns.map((name) => element('th', { scope: 'col', role: 'columnheader' }, name));
  const table = element(
    'table',
    { class: 'overview', role: 'table' },
    element('caption', { class: 'visually-hidden' }, 'Clusters, the worst first'),
    element('thead', { role: 'rowgroup' }, element('tr', { role: 'row' }, ...heads)),
    rows,
  );
  return { table, rows };
}

/**
 * @param {ClusterStatus} cluster
 * @param {string} wanted
 */
function matches(cluster, wanted) {
  const text = wanted.trim().toLowerCase();
  const texts = [cluster.name, ...problemsOf(cluster).map((problem) => problem.text)];
  return statusOf(cluster).startsWith(text) || texts.join('\n').toLowerCase().includes(text);
}

/** @returns {Part<ClusterStatus>} */
function row() {
  const status = badge();
  const since = relativeTime('for');
  const name = element('a', { class: 'name' });
  const finding = element('span', { class: 'finding' });
  const more = element('span', { class: 'muted' });
  const brokers = element('td', { role: 'cell', class: 'brokers' });
  const partitions = element('td', { role: 'cell', class: 'partitions', title: 'Partitions without problems' });
  const polled = relativeTime('ago');
  const made = element(
    'tr',
    { role: 'row' },
    element('td', { role: 'cell', class: 'verdict' }, status.element, ' ', since.element),
    element('th', { role: 'rowheader', scope: 'row' }, name),
    element('td', { role: 'cell', class: 'wrong' }, finding, ' ', more),
    brokers,
    partitions,
    element('td', { role: 'cell', class: 'polled' }, polled.element),
  );
  return {
    element: made,
    update: (cluster) => {
      setAttribute(made, 'data-tone', toneOf(cluster));
      status.update(cluster);
      since.update(cluster.verdictSince);
      name.href = clusterRoute(cluster.name);
      setText(name, cluster.name);
      const [worst, ...others] = problemsOf(cluster);
      setText(finding, worst ? capitalized(worst.text) : '');
      setText(more, others.length === 0 ? '' : `and ${others.length} more`);
      setText(brokers, brokersListed(cluster));
      setText(partitions, partitionsFine(cluster));
      polled.update(cluster.lastPoll?.endedAt);
    },
  };
}

/** @param {ClusterStatus} cluster */
function brokersListed({ topology }) {
  return topology?.clusterSize === undefined ? '' : `${topology.brokers.length} of ${topology.clusterSize}`;
}

/** @param {ClusterStatus} cluster */
function partitionsFine({ topology }) {
  const { all, fine } = topology ? countPartitions(topology) : { all: 0, fine: 0 };
  return all === 0 ? '' : `${fine} of ${all}`;
}
