/** The section of one cluster: verdict, findings, facts, grid and events. */
import { badge } from './badge.js';
import { element, keyedChildren, setAttribute, setText } from './dom.js';
import { events } from './events.js';
import { facts } from './facts.js';
import { grid } from './grid.js';
import { relativeTime } from './times.js';
import { capitalized, problemsOf, verdictMarks } from './words.js';

/**
 * @import { ClusterStatus, FindingStatus } from '../../status/status-document.ts'
 * @import { Part } from './dom.js'
 */

/**
 * @param {ClusterStatus} cluster
 * @returns {Part<ClusterStatus>}
 */
export function clusterSection({ name }) {
  const heading = titleLine(name);
  const problems = problemList();
  const factList = facts();
  const table = grid(name);
  const log = events();
  const made = element(
    'section',
    { class: 'cluster', 'aria-label': name },
    heading.element,
    problems.element,
    factList.element,
    element('div', { class: 'body' }, table.element, log.element),
  );
  return {
    element: made,
    update: (cluster) => {
      setAttribute(made, 'data-verdict', cluster.verdict);
      heading.update(cluster);
      problems.update(cluster);
      factList.update(cluster);
      const { topology } = cluster;
      table.element.hidden = !topology || topology.partitions.length + topology.brokers.length === 0;
      if (topology) table.update(topology);
      log.update(cluster.events);
    },
  };
}

/**
 * @param {string} name
 * @returns {Part<ClusterStatus>}
 */
function titleLine(name) {
  const verdict = badge();
  const since = relativeTime('for');
  return {
    element: element(
      'div',
      { class: 'title' },
      element('h2', { tabindex: '-1' }, element('bdi', {}, name)),
      verdict.element,
      element('span', { class: 'muted' }, since.element),
    ),
    update: (cluster) => {
      verdict.update(cluster.verdict);
      since.update(cluster.verdictSince);
    },
  };
}

/**
 * The problems of a cluster, and a sentence if the verdict is healthy.
 *
 * @returns {Part<ClusterStatus>}
 */
function problemList() {
  const healthy = element(
    'p',
    { class: 'healthy' },
    'All brokers are listed, and every partition has a leader and enough healthy replicas.',
  );
  const list = element('ul', { class: 'findings' });
  const updateList = keyedChildren(list, ({ text }) => text, finding);
  return {
    element: element('div', {}, healthy, list),
    update: (cluster) => {
      const problems = problemsOf(cluster);
      healthy.hidden = cluster.findings.length > 0;
      list.hidden = problems.length === 0;
      updateList(problems);
    },
  };
}

/** @returns {Part<FindingStatus>} */
function finding() {
  const mark = element('span', { class: 'mark', 'aria-hidden': 'true' });
  const text = element('span');
  const remedy = element('p', { class: 'remedy' });
  const made = element('li', {}, mark, text, remedy);
  return {
    element: made,
    update: (found) => {
      setAttribute(made, 'data-verdict', found.verdict);
      setText(mark, verdictMarks[found.verdict]);
      setText(text, capitalized(found.text));
      remedy.hidden = found.remedy === undefined;
      setText(remedy, found.remedy === undefined ? '' : `What to do: ${found.remedy}`);
    },
  };
}
