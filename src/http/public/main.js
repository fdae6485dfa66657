/** The status page: shows the status document, as an overview or per cluster. */
import { clusterCard, clusterPage } from './cluster.js';
import { byId, element, keepingFocus, keyedChildren, setText } from './dom.js';
import { pollStatus } from './feed.js';
import { refreshOutage, showFailure, showSuccess } from './outage.js';
import { overview } from './overview.js';
import { clusterInAddress } from './routes.js';
import { bySeverity, hasProblem, statusMarks, statusOf, toneOf } from './status.js';
import { countsByStatus, showSummary } from './summary.js';
import { clockTime, refreshTimes, setClock } from './times.js';
import { counted } from './words.js';

/**
 * @import { Card } from './cluster.js'
 * @import { ClusterStatus, StatusDocument } from '../../status/status-document.ts'
 * @import { Verdict } from '../../zeebe/verdict.ts'
 */

/** Up to as many clusters are shown as cards below the overview. */
const maxOnOnePage = 4;
/** Limits the text that a screen reader reads at once. */
const maxAnnounced = 5;

const list = overview();
const back = element('p', { class: 'back' }, element('a', { href: '#/' }, '← All clusters'));
const notFound = element('p');
const cards = element('div', { class: 'clusters' });
const updateCards = keyedChildren(cards, ({ cluster }) => cluster.name, clusterCard);
const pages = element('div', { class: 'clusters' });
const updatePages = keyedChildren(pages, ({ name }) => name, clusterPage);

/** @type {readonly ClusterStatus[] | undefined} */
let clusters;

/** @param {StatusDocument} next */
function change(next) {
  setClock(next.now);
  announce(next.clusters);
  if (!clusters) byId('main').replaceChildren(back, list.element, notFound, cards, pages);
  clusters = next.clusters;
  show(clusters);
  const { version, startedAt, role } = next.exporter;
  const standby = role === 'standby' ? ', stands by: another exporter polls the clusters' : '';
  setText(byId('about'), `zeebe-topology-exporter ${version}, started ${clockTime(startedAt)}${standby}`);
}

/** @param {readonly ClusterStatus[]} all */
function show(all) {
  const wanted = all.length === 1 ? all[0]?.name : clusterInAddress();
  const page = all.find(({ name }) => name === wanted);
  const isOverview = wanted === undefined;
  list.element.hidden = !isOverview;
  back.hidden = isOverview || all.length === 1;
  notFound.hidden = isOverview || page !== undefined;
  setText(notFound, `No cluster "${wanted}" is configured.`);
  keepingFocus(() => {
    if (isOverview) list.update(all);
    updateCards(isOverview && all.length <= maxOnOnePage ? cardsOf(all) : []);
    updatePages(page ? [page] : []);
  });
  showCounts(all, page);
}

/**
 * Returns the cards in the order of the overview. Those of healthy clusters are folded if another cluster has a problem.
 *
 * @param {readonly ClusterStatus[]} all
 * @returns {readonly Card[]}
 */
function cardsOf(all) {
  const someHaveProblems = all.some(hasProblem);
  return bySeverity(all).map((cluster) => ({ cluster, isFolded: someHaveProblems && toneOf(cluster) === 'healthy' }));
}

/**
 * Shows the summary of all clusters, and the title of the page.
 *
 * @param {readonly ClusterStatus[]} all
 * @param {ClusterStatus | undefined} page the cluster whose page is shown
 */
function showCounts(all, page) {
  const counts = countsByStatus(all);
  showSummary(all.length, counts);
  const worst = page ? toneOf(page) : (counts[0]?.status ?? 'unknown');
  const texts = counts.map(({ status, count }) => `${count} ${status}`).join(', ');
  document.title = `${statusMarks[worst]} ${page ? `${page.name}: ${statusOf(page)}` : texts} – Zeebe clusters`;
}

/** @type {ReadonlyMap<string, Verdict>} */
let announced = new Map();

/**
 * Announces changed verdicts to screen readers.
 *
 * @param {readonly ClusterStatus[]} all
 */
function announce(all) {
  const changed = all.filter(({ name, verdict }) => announced.has(name) && announced.get(name) !== verdict);
  announced = new Map(all.map(({ name, verdict }) => [name, verdict]));
  if (changed.length === 0) return;
  const sentences = changed.slice(0, maxAnnounced).map(({ name, verdict, findings: [worst] }) => {
    return `${name} is ${verdict}${worst ? `: ${worst.text}` : ''}.`;
  });
  const others = changed.length - sentences.length;
  if (others > 0) sentences.push(`${counted(others, 'other cluster')} changed.`);
  setText(byId('announcements'), sentences.join(' '));
}

/**
 * Shows another route like another page: moves the focus to its heading or, in the overview, to the link of the cluster
 * that was shown before.
 *
 * @param {HashChangeEvent} event
 */
function navigate({ oldURL }) {
  if (!clusters) return;
  show(clusters);
  window.scrollTo(0, 0);
  const links = [...list.element.querySelectorAll('a')];
  const cameFrom = links.find(({ hash }) => hash === new URL(oldURL).hash);
  const target = clusterInAddress() === undefined ? cameFrom : pages.querySelector('h2');
  (target ?? byId('main')).focus();
}

byId('main').append('Loading …');
window.addEventListener('hashchange', navigate);
setInterval(() => {
  refreshTimes();
  refreshOutage();
}, 1_000);
pollStatus({ onChange: change, onSuccess: showSuccess, onFailure: showFailure });
