/** The table of the overview: a row per cluster, and headers by which it is sorted. */
import { badge } from './badge.js';
import { columnOf, columns } from './columns.js';
import { element, keepingFocus, keyedChildren, setAttribute, setText } from './dom.js';
import { clusterRoute } from './routes.js';
import { toneOf } from './status.js';
import { relativeTime } from './times.js';
import { labelsOf } from './view.js';
import { brokersListed, capitalized, partitionsWithoutProblem, problemsOf } from './words.js';

/**
 * @import { ClusterSummary } from '../../status/cluster-summary.ts'
 * @import { Column, ColumnSpec } from './columns.js'
 * @import { Part } from './dom.js'
 * @import { View } from './view.js'
 */

/** @typedef {Pick<View, 'column' | 'isDescending'>} Order */
/** @typedef {(column: Column, isDescending: boolean) => void} Sort */

/**
 * @param {Sort} sort
 * @returns {Part<{ readonly clusters: readonly ClusterSummary[], readonly view: Order, readonly isPaged: boolean }>}
 */
export function overviewTable(sort) {
  const caption = element('caption', { class: 'visually-hidden' });
  const heads = columns.map((column) => head(column, sort));
  const rows = element('tbody', { role: 'rowgroup' });
  const made = element(
    'table',
    { class: 'overview', role: 'table' },
    caption,
    element('thead', { role: 'rowgroup' }, element('tr', { role: 'row' }, ...heads.map((each) => each.element))),
    rows,
  );
  const updateRows = keyedChildren(rows, ({ name }) => name, row);
  return {
    element: made,
    update: ({ clusters, view, isPaged }) => {
      setText(caption, captionOf(view));
      made.classList.toggle('paged', isPaged);
      for (const each of heads) each.update(view);
      keepingPlace(rows, () => updateRows(clusters));
    },
  };
}

/** @param {Order} order */
function captionOf({ column, isDescending }) {
  if (column === 'verdict') return `Clusters, the ${isDescending ? 'worst' : 'best'} first`;
  return `Clusters by ${columnOf(column).title.toLowerCase()}, ${isDescending ? 'descending' : 'ascending'}`;
}

/**
 * @param {ColumnSpec} column
 * @param {Sort} sort
 * @returns {Part<Order>}
 */
function head({ id, title, startsDescending }, sort) {
  const arrow = element('span', { class: 'arrow', 'aria-hidden': 'true' });
  const button = element('button', { type: 'button' }, title, arrow);
  const made = element('th', { scope: 'col', role: 'columnheader' }, button);
  button.addEventListener('click', () => {
    const current = made.ariaSort;
    sort(id, current === null ? startsDescending : current === 'ascending');
  });
  return {
    element: made,
    update: ({ column, isDescending }) => {
      const isSorted = column === id;
      setAttribute(made, 'aria-sort', isSorted ? (isDescending ? 'descending' : 'ascending') : undefined);
      setText(arrow, isSorted ? (isDescending ? '▼' : '▲') : '');
    },
  };
}

/**
 * Runs a change of the rows. If the row with the focus is moved, it keeps the focus; if it is no longer there, the one in
 * its place receives it.
 *
 * @param {HTMLElement} rows
 * @param {() => void} change
 */
function keepingPlace(rows, change) {
  const place = [...rows.children].findIndex((each) => each.contains(document.activeElement));
  keepingFocus(change);
  if (place < 0 || rows.contains(document.activeElement)) return;
  const links = rows.querySelectorAll('a');
  links[Math.min(place, links.length - 1)]?.focus();
}

/** @returns {Part<ClusterSummary>} */
function row() {
  const status = badge();
  const since = relativeTime('for');
  const name = element('a', { class: 'name' });
  const labels = element('span', { class: 'labels muted' });
  const finding = element('span', { class: 'finding' });
  const more = element('span', { class: 'muted' });
  const brokers = element('td', { role: 'cell', class: 'brokers' });
  const partitions = element('td', { role: 'cell', class: 'partitions', title: 'Partitions without problems' });
  const polled = relativeTime('ago');
  const made = element(
    'tr',
    { role: 'row' },
    element('td', { role: 'cell', class: 'verdict' }, status.element, ' ', since.element),
    element('th', { role: 'rowheader', scope: 'row' }, name, labels),
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
      setText(labels, labelsOf(cluster));
      const [worst, ...others] = problemsOf(cluster);
      setText(finding, worst ? capitalized(worst.text) : '');
      setText(more, others.length === 0 ? '' : `and ${others.length} more`);
      setText(brokers, brokersListed(cluster) ?? '');
      setText(partitions, partitionsWithoutProblem(cluster) ?? '');
      polled.update(cluster.lastPoll?.endedAt);
    },
  };
}
