/** The section of one cluster: as a card in the list of clusters, and as a page of its own. */
import { badge } from './badge.js';
import { element, setAttribute, setText } from './dom.js';
import { events } from './events.js';
import { facts } from './facts.js';
import { leaderTimeline } from './leaders.js';
import { clusterLinks } from './links.js';
import { problemList } from './problems.js';
import { clusterRoute } from './routes.js';
import { toneOf } from './status.js';
import { tenants } from './tenants.js';
import { relativeTime } from './times.js';

/**
 * @import { ClusterSummary } from '../../status/cluster-summary.ts'
 * @import { ClusterStatus } from '../../status/status-document.ts'
 * @import { Part } from './dom.js'
 */

/** @typedef {{ readonly cluster: ClusterStatus, readonly isFolded: boolean }} Card */

/**
 * A card can be folded to its title and problems. The choice of the user has precedence over `isFolded`.
 *
 * @param {Card} card
 * @returns {Part<Card>}
 */
export function clusterCard({ cluster: { name } }) {
  const link = element('a', { class: 'open', href: clusterRoute(name) }, element('bdi', {}, name));
  const fold = element('button', { type: 'button', class: 'fold' });
  const details = clusterDetails(name, { log: events({ isComplete: false }), below: [] });
  const section = clusterSection(name, { heading: link, aside: fold, details: details.element });
  /** @type {boolean | undefined} */
  let chosen;
  const show = (/** @type {boolean} */ isFolded) => {
    details.element.hidden = isFolded;
    section.element.classList.toggle('folded', isFolded);
    setAttribute(fold, 'aria-expanded', `${!isFolded}`);
    setText(fold, isFolded ? 'Show details' : 'Hide details');
  };
  fold.addEventListener('click', () => {
    chosen = !details.element.hidden;
    show(chosen);
  });
  return {
    element: section.element,
    update: ({ cluster, isFolded }) => {
      section.update(cluster);
      details.update(cluster);
      show(chosen ?? isFolded);
    },
  };
}

/**
 * Shows what is in a summary until the rest is known.
 *
 * @param {ClusterSummary | ClusterStatus} cluster
 * @returns {Part<ClusterSummary | ClusterStatus>}
 */
export function clusterPage({ name }) {
  const links = clusterLinks(name);
  const leaders = leaderTimeline(name);
  const details = clusterDetails(name, { log: events({ isComplete: true }), below: [leaders.element] });
  const section = clusterSection(name, {
    heading: element('bdi', {}, name),
    aside: links.element,
    details: details.element,
  });
  return {
    element: section.element,
    update: (cluster) => {
      section.update(cluster);
      links.update(cluster);
      details.element.hidden = !isComplete(cluster);
      if (!isComplete(cluster)) return;
      details.update(cluster);
      leaders.update(cluster.leaderTimeline);
    },
  };
}

/**
 * Whether it is more than a summary.
 *
 * @param {ClusterSummary | ClusterStatus} cluster
 * @returns {cluster is ClusterStatus}
 */
export function isComplete(cluster) {
  return 'events' in cluster;
}

/**
 * @param {string} name
 * @param {{ readonly heading: Node, readonly aside: HTMLElement, readonly details: Node }} content
 * @returns {Part<ClusterSummary>}
 */
function clusterSection(name, { heading, aside, details }) {
  const status = badge();
  const since = relativeTime('for');
  const problems = problemList();
  const title = element(
    'div',
    { class: 'title' },
    element('h2', { tabindex: '-1' }, heading),
    status.element,
    element('span', { class: 'muted' }, since.element),
  );
  const banner = element('div', { class: 'banner' }, title, problems.element, aside);
  const made = element('section', { class: 'cluster', 'aria-label': name }, banner, details);
  return {
    element: made,
    update: (cluster) => {
      setAttribute(made, 'data-tone', toneOf(cluster));
      status.update(cluster);
      since.update(cluster.verdictSince);
      problems.update(cluster);
    },
  };
}

/**
 * The facts, the grids of the partitions with what is below them, and the events.
 *
 * @param {string} name
 * @param {{ readonly log: Part<ClusterStatus['events']>, readonly below: readonly Node[] }} content
 * @returns {Part<ClusterStatus>}
 */
function clusterDetails(name, { log, below }) {
  const factList = facts();
  const parts = tenants(name);
  return {
    element: element(
      'div',
      { class: 'details' },
      factList.element,
      element('div', { class: 'body' }, element('div', { class: 'parts' }, parts.element, ...below), log.element),
    ),
    update: (cluster) => {
      factList.update(cluster);
      const { topology } = cluster;
      parts.element.hidden = !topology;
      if (topology) parts.update(topology);
      log.update(cluster.events);
    },
  };
}
