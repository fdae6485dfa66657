/** One cluster: the verdict in words, then the facts, the grid and what happened. */
import { badge } from './badge.js';
import { element, keyedChildren, setAttribute, setText } from './dom.js';
import { events } from './events.js';
import { facts } from './facts.js';
import { grid } from './grid.js';
import { relativeTime } from './times.js';
import { capitalized, verdictMarks, wrongs } from './words.js';

/**
 * @import { ClusterStatus, FindingStatus } from '../../status/status-document.ts'
 * @import { Part } from './dom.js'
 */

/**
 * @param {ClusterStatus} first
 * @returns {Part<ClusterStatus>}
 */
export function clusterSection({ name }) {
  const verdict = badge();
  const since = relativeTime('for');
  const heading = element('h2', { tabindex: '-1' }, element('bdi', {}, name));
  const well = element(
    'p',
    { class: 'well' },
    'All brokers are listed, and every partition has its leader and its healthy replicas.',
  );
  const findings = element('ul', { class: 'findings' });
  const factList = facts();
  const table = grid(name);
  const log = events();
  const title = element(
    'div',
    { class: 'title' },
    heading,
    verdict.element,
    element('span', { class: 'muted' }, since.element),
  );
  const body = element('div', { class: 'body' }, table.element, log.element);
  const made = element(
    'section',
    { class: 'cluster', 'aria-label': name },
    title,
    well,
    findings,
    factList.element,
    body,
  );
  const updateFindings = keyedChildren(findings, ({ text }) => text, finding);
  return {
    element: made,
    update: (cluster) => {
      setAttribute(made, 'data-verdict', cluster.verdict);
      verdict.update(cluster.verdict);
      since.update(cluster.verdictSince);
      const wrong = wrongs(cluster);
      well.hidden = cluster.findings.length > 0;
      findings.hidden = wrong.length === 0;
      updateFindings(wrong);
      factList.update(cluster);
      const { topology } = cluster;
      table.element.hidden = !topology || topology.partitions.length + topology.brokers.length === 0;
      if (topology) table.update(topology);
      log.update(cluster.events);
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
