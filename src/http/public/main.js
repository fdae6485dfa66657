/** The status page: what is shown of the exporter's answers, and where. */
import { clusterSection } from './cluster.js';
import { byId, element, keepingFocus, keyedChildren, setText } from './dom.js';
import { follow } from './feed.js';
import { answered, refreshOutage, unanswered } from './outage.js';
import { overview } from './overview.js';
import { clockTime, refreshTimes, setClock } from './times.js';
import { counted, verdictMarks, verdictsByGravity } from './words.js';

/**
 * @import { ClusterStatus, StatusDocument } from '../../status/status-document.ts'
 * @import { Verdict } from '../../zeebe/verdict.ts'
 */

/** Of as many clusters at most everything is shown at once; of more, one at a time. */
const fewClusters = 4;
/** A screen reader reads all of it. */
const mostAnnounced = 5;

const list = overview();
const back = element('p', { class: 'back' }, element('a', { href: '#/' }, '← All clusters'));
const notThere = element('p');
const sections = element('div', { class: 'clusters' });
const updateSections = keyedChildren(sections, ({ name }) => name, clusterSection);

/** @type {readonly ClusterStatus[] | undefined} */
let clusters;

/** @param {StatusDocument} next */
function change(next) {
  setClock(next.now);
  announce(next.clusters);
  if (!clusters) byId('main').replaceChildren(back, list.element, notThere, sections);
  clusters = next.clusters;
  show(clusters);
  const { version, startedAt } = next.exporter;
  setText(byId('about'), `zeebe-topology-exporter ${version}, started ${clockTime(startedAt)}`);
}

/** The name of the cluster that the address asks for. */
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
  const few = all.length <= fewClusters ? all : [];
  const shown = wanted === undefined ? few : all.filter(({ name }) => name === wanted);
  list.element.hidden = wanted !== undefined || all.length === 1;
  back.hidden = wanted === undefined;
  notThere.hidden = wanted === undefined || shown.length > 0;
  setText(notThere, `The exporter watches no cluster named ${wanted}.`);
  keepingFocus(() => {
    if (!list.element.hidden) list.update(all);
    updateSections(shown);
  });

  const verdicts = verdictsByGravity.flatMap((verdict) => {
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
 * Tells a screen reader the verdicts that are others than before.
 *
 * @param {readonly ClusterStatus[]} all
 */
function announce(all) {
  const changed = all.filter(({ name, verdict }) => announced.has(name) && announced.get(name) !== verdict);
  announced = new Map(all.map(({ name, verdict }) => [name, verdict]));
  if (changed.length === 0) return;
  const sentences = changed.slice(0, mostAnnounced).map(({ name, verdict, findings: [worst] }) => {
    return `${name} is ${verdict}${worst ? `: ${worst.text}` : ''}.`;
  });
  const others = changed.length - sentences.length;
  if (others > 0) sentences.push(`${counted(others, 'other cluster')} changed.`);
  setText(byId('announcements'), sentences.join(' '));
}

/**
 * Another route is another page: the keyboard and the screen reader begin at its heading, or where they came from.
 *
 * @param {HashChangeEvent} event
 */
function travel({ oldURL }) {
  if (!clusters) return;
  show(clusters);
  window.scrollTo(0, 0);
  const links = [...list.element.querySelectorAll('a')];
  const cameFrom = links.find(({ hash }) => hash === new URL(oldURL).hash);
  const target = route() === undefined ? cameFrom : sections.querySelector('h2');
  (target ?? byId('main')).focus();
}

byId('main').append('Asking the exporter …');
window.addEventListener('hashchange', travel);
setInterval(() => {
  refreshTimes();
  refreshOutage();
}, 1_000);
follow({ onChange: change, onAnswer: answered, onSilence: unanswered });
