/** The leaders of partitions over time, of those whose leader has changed. */
import { element, keyedChildren, setAttribute, setText } from './dom.js';
import { clockTime, now } from './times.js';
import { counted } from './words.js';

/**
 * @import { LeaderTimeline, LeadershipChange } from '../../poll/leader-timeline.ts'
 * @import { Part } from './dom.js'
 */

/** @typedef {{ readonly leaders: readonly string[], readonly from: number, readonly until?: number }} Term */
/** @typedef {{ readonly tenant: string, readonly partition: number, readonly terms: readonly Term[] }} Row */

/** Brokers are told apart by as many colours, and by their ids. */
const colours = 6;

/**
 * @param {string} name what the partitions belong to
 * @returns {Part<LeaderTimeline | undefined>}
 */
export function leaderTimeline(name) {
  const summary = element('p', { class: 'muted' });
  const body = element('tbody');
  const start = element('span');
  const axis = element('p', { class: 'axis muted', 'aria-hidden': 'true' }, start, element('span', {}, 'now'));
  const heads = element(
    'tr',
    {},
    element('th', { scope: 'col' }, 'Partition'),
    element('th', { scope: 'col' }, 'Leaders'),
  );
  const caption = element('caption', { class: 'visually-hidden' }, `Leaders of the partitions of ${name} over time`);
  const table = element('table', { class: 'terms' }, caption, element('thead', {}, heads), body);
  const made = element('div', { class: 'leaders' }, element('h3', {}, 'Leaders over time'), summary, table, axis);
  const updateRows = keyedChildren(body, (/** @type {Row} */ { tenant, partition }) => `${tenant}/${partition}`, row);
  return {
    element: made,
    update: (timeline) => {
      made.hidden = timeline === undefined;
      if (!timeline) return;
      const rows = rowsOf(timeline);
      const since = clockTime(timeline.since);
      table.hidden = rows.length === 0;
      axis.hidden = rows.length === 0;
      const changed = `Leaders of ${counted(rows.length, 'partition')} have changed since ${since}.`;
      setText(summary, rows.length === 0 ? `No partition has changed its leader since ${since}.` : changed);
      setText(start, since);
      updateRows(rows);
    },
  };
}

/**
 * @param {LeaderTimeline} timeline
 * @returns {readonly Row[]} ordered by physical tenant and partition
 */
function rowsOf({ since, changes }) {
  const byPartition = Map.groupBy(changes.toReversed(), ({ tenant = '', partition }) => `${tenant}/${partition}`);
  return [...byPartition.values()]
    .flatMap((ofPartition) => {
      const [first] = ofPartition;
      return first
        ? [{ tenant: first.tenant ?? '', partition: first.partition, terms: termsOf(ofPartition, since) }]
        : [];
    })
    .sort((a, b) => a.tenant.localeCompare(b.tenant) || a.partition - b.partition);
}

/**
 * @param {readonly LeadershipChange[]} changes of one partition, the oldest first
 * @param {number} since
 * @returns {readonly Term[]}
 */
function termsOf(changes, since) {
  const [first] = changes;
  const before = first && first.at > since ? [{ leaders: first.from, from: since, until: first.at }] : [];
  return [...before, ...changes.map(({ at, to }, index) => termFrom(at, to, changes[index + 1]))];
}

/**
 * @param {number} from
 * @param {readonly string[]} leaders
 * @param {LeadershipChange | undefined} next
 * @returns {Term}
 */
function termFrom(from, leaders, next) {
  return next ? { leaders, from, until: next.at } : { leaders, from };
}

/** @returns {Part<Row>} */
function row() {
  const head = element('th', { scope: 'row' });
  const list = element('ol');
  const updateTerms = keyedChildren(list, (/** @type {Term} */ { from, leaders }) => `${from} ${leaders}`, term);
  return {
    element: element('tr', {}, head, element('td', {}, list)),
    update: ({ tenant, partition, terms }) => {
      setText(head, tenant === '' ? `${partition}` : `${tenant} ${partition}`);
      updateTerms(terms);
    },
  };
}

/** @returns {Part<Term>} */
function term() {
  const sign = element('span', { class: 'who', 'aria-hidden': 'true' });
  const words = element('span', { class: 'visually-hidden' });
  const made = element('li', {}, sign, words);
  return {
    element: made,
    update: ({ leaders, from, until }) => {
      const who = leaders.length === 0 ? 'no leader' : `broker ${leaders.join(' and ')}`;
      const text = `${who} from ${clockTime(from)} ${until === undefined ? 'until now' : `to ${clockTime(until)}`}`;
      made.style.flexGrow = `${Math.max(1, (until ?? now()) - from)}`;
      setAttribute(made, 'data-colour', leaders.length === 1 ? `${colourOf(leaders[0] ?? '')}` : undefined);
      setAttribute(
        made,
        'data-tone',
        leaders.length === 1 ? undefined : leaders.length === 0 ? 'unhealthy' : 'degraded',
      );
      setAttribute(made, 'title', text);
      setText(sign, leaders.length === 0 ? '✕' : leaders.join(', '));
      setText(words, text);
    },
  };
}

/**
 * Returns the colour of a broker: its number, or the sum of the characters of an id that is none.
 *
 * @param {string} id
 */
function colourOf(id) {
  const number = /^\d+$/.test(id) ? Number(id) : [...id].reduce((sum, each) => sum + (each.codePointAt(0) ?? 0), 0);
  return number % colours;
}
