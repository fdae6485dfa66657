/** The status page: an overview of the clusters, and a page for each. */
import { announce } from './announcements.js';
import { clusterCard, clusterPage, isComplete } from './cluster.js';
import { byId, element, keepingFocus, keyedChildren, setAttribute, setText } from './dom.js';
import { pollStatus } from './feed.js';
import { refreshOutage, showFailure, showSuccess } from './outage.js';
import { overview } from './overview.js';
import { clusterIn } from './routes.js';
import { hasProblem, statusMarks, statusOf, toneOf } from './status.js';
import { countsByStatus, summary, totalOf } from './summary.js';
import { clockTime, refreshTimes, setClock } from './times.js';
import { overviewRoute, selected, viewIn } from './view.js';

/**
 * @import { Card } from './cluster.js'
 * @import { View } from './view.js'
 * @import { ClusterSummary } from '../../status/cluster-summary.ts'
 * @import { ClusterCounts, ClusterStatus, ExporterStatus, StatusDocument } from '../../status/status-document.ts'
 */

/** Up to as many clusters are shown as cards below the overview, which requires their whole status. */
const maxOnOnePage = 4;
/** Milliseconds. After a longer time on the page of a cluster, the overview is shown once it has been requested again. */
const maxOverviewAge = 60_000;

const loading = element('p', {}, 'Loading …');
const list = overview();
const allClusters = element('a', { href: '#/' }, '← All clusters');
const back = element('p', { class: 'back' }, allClusters);
const notFound = element('p');
const cards = element('div', { class: 'clusters' });
const updateCards = keyedChildren(cards, ({ cluster }) => cluster.name, clusterCard);
const pages = element('div', { class: 'clusters' });
const updatePages = keyedChildren(pages, ({ name }) => name, clusterPage);
const tiles = summary();

/** @type {ClusterCounts | undefined} */
let counts;
/** Those of the overview. @type {readonly (ClusterSummary | ClusterStatus)[] | undefined} */
let all;
/** The one whose page is shown; undefined until it is known, and null if there is none of that name. @type {ClusterStatus | undefined | null} */
let one;
/** When the overview was left for the page of a cluster: time of the browser in milliseconds. */
let leftAt = 0;
/** The address from which the overview was opened, until its link has received the focus. @type {string | undefined} */
let cameFrom;

/** Returns which part of the status document is shown. */
function query() {
  const name = clusterIn(location.hash);
  if (name !== undefined) return `?cluster=${encodeURIComponent(name)}`;
  return counts && totalOf(counts) <= maxOnOnePage ? '' : '?summary=true';
}

/**
 * @param {StatusDocument<ClusterSummary>} next
 * @param {string} requested
 */
function change(next, requested) {
  setClock(next.now);
  counts = next.counts;
  showAbout(next.exporter);
  // The number of clusters, known only now, decides what the overview needs.
  if (query() !== requested) return feed.follow();
  announce(next.clusters);
  const [first] = next.clusters;
  if (clusterIn(location.hash) === undefined) all = next.clusters;
  else one = first && isComplete(first) ? first : undefined;
  show();
  if (cameFrom !== undefined) focusLink(cameFrom);
}

function showAbsence() {
  one = null;
  show();
}

/** @param {ExporterStatus} exporter */
function showAbout({ version, startedAt, role }) {
  const standby = role === 'standby' ? ', stands by: another exporter polls the clusters' : '';
  setText(byId('about'), `zeebe-topology-exporter ${version}, started ${clockTime(startedAt)}${standby}`);
}

function show() {
  const name = clusterIn(location.hash) ?? (all?.length === 1 ? all[0]?.name : undefined);
  const page = one === null ? undefined : one?.name === name ? one : all?.find((cluster) => cluster.name === name);
  const isOverview = name === undefined;
  const view = viewIn(location.hash);
  list.element.hidden = !isOverview || !all;
  back.hidden = isOverview || (counts !== undefined && totalOf(counts) === 1);
  notFound.hidden = isOverview || one !== null;
  loading.hidden = isOverview ? all !== undefined : page !== undefined || one === null;
  setText(notFound, `No cluster "${name}" is configured.`);
  if (isOverview) setAttribute(allClusters, 'href', overviewRoute(view));
  keepingFocus(() => {
    if (isOverview && all) list.update({ clusters: all, view });
    updateCards(isOverview && all && all.length <= maxOnOnePage ? cardsOf(all, view) : []);
    updatePages(page ? [page] : []);
  });
  if (counts) tiles.update(counts, isOverview ? view.status : undefined);
  showTitle(isOverview, page);
}

/**
 * Returns the cards of the clusters in the table, in its order. Those of healthy clusters are folded if another cluster has
 * a problem.
 *
 * @param {readonly (ClusterSummary | ClusterStatus)[]} clusters
 * @param {View} view
 * @returns {readonly Card[]}
 */
function cardsOf(clusters, view) {
  const someHaveProblems = clusters.some(hasProblem);
  return selected(clusters, view)
    .clusters.filter(isComplete)
    .map((cluster) => ({ cluster, isFolded: someHaveProblems && toneOf(cluster) === 'healthy' }));
}

/**
 * Shows the state of the cluster, or the number of clusters in each state, in the title.
 *
 * @param {boolean} isOverview
 * @param {ClusterSummary | undefined} page
 */
function showTitle(isOverview, page) {
  const states = counts ? countsByStatus(counts) : [];
  const worst = page ? toneOf(page) : (states[0]?.status ?? 'unknown');
  const texts = states.map(({ status, count }) => `${count} ${status}`).join(', ');
  const text = page ? `${page.name}: ${statusOf(page)}` : texts;
  const isKnown = page || (isOverview && counts);
  document.title = isKnown ? `${statusMarks[worst]} ${text} – Zeebe clusters` : 'Zeebe clusters';
}

/**
 * Shows another address. Unless both are of the overview, moves the focus as another page would: to its heading or, in the
 * overview, to the link of the cluster that was shown before.
 *
 * @param {HashChangeEvent} event
 */
function navigate({ oldURL }) {
  const before = new URL(oldURL).hash;
  const wasOverview = clusterIn(before) === undefined;
  const isOverview = clusterIn(location.hash) === undefined;
  if (wasOverview && !isOverview) leftAt = Date.now();
  if (!wasOverview && isOverview && Date.now() - leftAt > maxOverviewAge) all = undefined;
  one = undefined;
  cameFrom = undefined;
  show();
  feed.follow();
  if (wasOverview && isOverview) return showPageFromTop(before);
  window.scrollTo(0, 0);
  if (isOverview) focusLink(before);
  else (pages.querySelector('h2') ?? byId('main')).focus();
}

/**
 * Moves the focus to the link of the overview to an address, once the overview is shown.
 *
 * @param {string} address
 */
function focusLink(address) {
  const link = [...list.element.querySelectorAll('a')].find(({ hash }) => hash === address);
  (link ?? byId('main')).focus();
  cameFrom = all ? undefined : address;
}

/**
 * Scrolls to the first cluster if another page of the overview is shown.
 *
 * @param {string} before the previous address
 */
function showPageFromTop(before) {
  if (viewIn(before).page === viewIn(location.hash).page) return;
  if (list.element.getBoundingClientRect().top < 0) list.element.scrollIntoView();
}

byId('main').append(loading, back, list.element, notFound, cards, pages);
for (const each of [back, list.element, notFound]) each.hidden = true;
window.addEventListener('hashchange', navigate);
setInterval(() => {
  refreshTimes();
  refreshOutage();
}, 1_000);
const feed = pollStatus({
  query,
  onChange: change,
  onAbsent: showAbsence,
  onSuccess: showSuccess,
  onFailure: showFailure,
});
