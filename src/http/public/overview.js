/** All clusters at a glance, the worst first. */
import { badge } from './badge.js';
import { element, keyedChildren, setText } from './dom.js';
import { relativeTime } from './times.js';
import { capitalized, verdictsByGravity, wrongs } from './words.js';

/**
 * @import { ClusterStatus } from '../../status/status-document.ts'
 * @import { Part } from './dom.js'
 */

/** From as many clusters on, one would rather type than scroll. */
const filteredFrom = 8;

/** @param {string} name */
function clusterRoute(name) {
  return `#/cluster/${encodeURIComponent(name)}`;
}

/** @returns {Part<readonly ClusterStatus[]>} */
export function overview() {
  const rows = element('tbody', { role: 'rowgroup' });
  const columns = ['Verdict', 'Cluster', 'What is wrong', 'Brokers', 'Last poll'];
  const table = element(
    'table',
    { class: 'overview', role: 'table' },
    element('caption', { class: 'visually-hidden' }, 'Clusters, the worst first'),
    element(
      'thead',
      { role: 'rowgroup' },
      element(
        'tr',
        { role: 'row' },
        ...columns.map((name) => element('th', { scope: 'col', role: 'columnheader' }, name)),
      ),
    ),
    rows,
  );
  const input = element('input', { type: 'search', id: 'filter', autocomplete: 'off', spellcheck: 'false' });
  const shown = element('span', { class: 'muted', role: 'status' });
  const filter = element('div', { class: 'filter' }, element('label', { for: 'filter' }, 'Filter'), input, shown);
  const made = element('section', { 'aria-label': 'Overview' }, filter, table);

  const updateRows = keyedChildren(rows, ({ name }) => name, row);
  /** @type {readonly ClusterStatus[]} */
  let clusters = [];
  const show = () => {
    const matching = clusters.filter((cluster) => matches(cluster, input.value));
    updateRows([...matching].sort((a, b) => gravity(a) - gravity(b)));
    setText(shown, input.value.trim() === '' ? '' : `${matching.length} of ${clusters.length} clusters`);
  };
  input.addEventListener('input', show);
  return {
    element: made,
    update: (all) => {
      clusters = all;
      filter.hidden = all.length < filteredFrom;
      show();
    },
  };
}

/**
 * A healthy cluster with something wrong comes before those with nothing.
 *
 * @param {ClusterStatus} cluster
 */
function gravity(cluster) {
  return verdictsByGravity.indexOf(cluster.verdict) - (wrongs(cluster).length > 0 ? 0.5 : 0);
}

/**
 * @param {ClusterStatus} cluster
 * @param {string} wanted
 */
function matches(cluster, wanted) {
  const text = wanted.trim().toLowerCase();
  const texts = [cluster.name, ...wrongs(cluster).map((wrong) => wrong.text)];
  return cluster.verdict.startsWith(text) || texts.join('\n').toLowerCase().includes(text);
}

/** @returns {Part<ClusterStatus>} */
function row() {
  const verdict = badge();
  const since = relativeTime('for');
  const name = element('a', { class: 'name' });
  const finding = element('span', { class: 'finding' });
  const more = element('span', { class: 'muted' });
  const brokers = element('td', { role: 'cell', class: 'brokers' });
  const polled = relativeTime('ago');
  const made = element(
    'tr',
    { role: 'row' },
    element('td', { role: 'cell', class: 'verdict' }, verdict.element, ' ', since.element),
    element('th', { role: 'rowheader', scope: 'row' }, name),
    element('td', { role: 'cell', class: 'wrong' }, finding, ' ', more),
    brokers,
    element('td', { role: 'cell', class: 'polled' }, polled.element),
  );
  return {
    element: made,
    update: (cluster) => {
      verdict.update(cluster.verdict);
      since.update(cluster.verdictSince);
      name.href = clusterRoute(cluster.name);
      setText(name, cluster.name);
      const [worst, ...others] = wrongs(cluster);
      setText(finding, worst ? capitalized(worst.text) : '');
      setText(more, others.length === 0 ? '' : `and ${others.length} more`);
      setText(brokers, brokersListed(cluster));
      polled.update(cluster.lastPoll?.endedAt);
    },
  };
}

/** @param {ClusterStatus} cluster */
function brokersListed({ topology }) {
  return topology?.clusterSize === undefined ? '–' : `${topology.brokers.length} of ${topology.clusterSize}`;
}
