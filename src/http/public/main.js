/** The status page: shows the status document, as an overview or per cluster. */
import { clusterSection } from './cluster.js';
import { byId, element, keepingFocus, keyedChildren, setText } from './dom.js';
import { pollStatus } from './feed.js';
import { refreshOutage, showFailure, showSuccess } from './outage.js';
import { overview } from './overview.js';
import { clockTime, refreshTimes, setClock } from './times.js';
import { counted, verdictMarks, verdictsBySeverity } from './words.js';

/**
 * @import { ClusterStatus, StatusDocument } from '../../status/status-document.ts'
 * @import { Verdict } from '../../zeebe/verdict.ts'
 */

/** Up to as many clusters are shown in full on one page. With more, each has a page of its own. */
const maxOnOnePage = 4;
/** Limits the text that a screen reader reads at once. */
const maxAnnounced = 5;

const list = overview();
const back = element('p', { class: 'back' }, element('a', { href: '#/' }, '← All clusters'));
const notFound = element('p');
const sections = element('div', { class: 'clusters' });
const updateSections = keyedChildren(sections, ({ name }) => name, clusterSection);

/** @type {readonly ClusterStatus[] | undefined} */
let clusters;

/** @param {StatusDocument} next */
function change(next) {
  setClock(next.now);
  announce(next.clusters);
  if (!clusters) byId('main').replaceChildren(back, list.element, notFound, sections);
  clusters = next.clusters;
  show(clusters);
  const { version, startedAt } = next.exporter;
  setText(byId('about'), `zeebe-topology-exporter ${version}, started ${clockTime(startedAt)}`);
}

/** Returns the name of the cluster in the page's address, if there is one. */
function route() {
  const [, name] = /^#\/cluster\/(.+)$/.exec(location.hash) ?? [];
  try {
    return name === undefined ? undefined : decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** @param {readonly ClusterStatus[]} all */
function show(all) {
  const wanted = all.length === 1 ? undefined : route();
  const few = all.length <= maxOnOnePage ? all : [];
  const shown = wanted === undefined ? few : all.filter(({ name }) => name === wanted);
  list.element.hidden = wanted !== undefined || all.length === 1;
  back.hidden = wanted === undefined;
  notFound.hidden = wanted === undefined || shown.length > 0;
  setText(notFound, `No cluster "${wanted}" is configured.`);
  keepingFocus(() => {
    if (!list.element.hidden) list.update(all);
    updateSections(shown);
  });

  const verdicts = verdictsBySeverity.flatMap((verdict) => {
    const count = all.filter((cluster) => cluster.verdict === verdict).length;
    return count === 0 ? [] : [{ verdict, text: `${count} ${verdict}` }];
  });
  const counts = verdicts.map(({ text }) => text).join(', ');
  setText(byId('summary'), all.length === 1 ? '' : `${counted(all.length, 'cluster')}: ${counts}`);
  const [one] = shown.length === 1 ? shown : [];
  const worst = one?.verdict ?? verdicts[0]?.verdict ?? 'unknown';
  document.title = `${verdictMarks[worst]} ${one ? `${one.name}: ${one.verdict}` : counts} – Zeebe clusters`;
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
  const target = route() === undefined ? cameFrom : sections.querySelector('h2');
  (target ?? byId('main')).focus();
}

byId('main').append('Loading …');
window.addEventListener('hashchange', navigate);
setInterval(() => {
  refreshTimes();
  refreshOutage();
}, 1_000);
pollStatus({ onChange: change, onSuccess: showSuccess, onFailure: showFailure });
