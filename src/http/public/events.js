/** The events of a cluster since the start of the exporter, the newest first. */
import { element, keyedChildren, setAttribute, setText } from './dom.js';
import { clockTime } from './times.js';
import { capitalized, counted } from './words.js';

/**
 * @import { ClusterEvent, EventKind } from '../../poll/events.ts'
 * @import { Part } from './dom.js'
 */

/** Older events are in a collapsed section. */
const maxVisible = 6;

/** @type {Readonly<Partial<Record<EventKind, 'bad' | 'good'>>>} */
const tones = {
  broker_missing: 'bad',
  polls_failing: 'bad',
  auth_failing: 'bad',
  broker_back: 'good',
  polls_succeeding: 'good',
  auth_working: 'good',
};

/** @returns {Part<readonly ClusterEvent[]>} */
export function events() {
  const newest = element('ol');
  const older = element('ol');
  const summary = element('summary');
  const details = element('details', {}, summary, older);
  const none = element('p', { class: 'muted' }, 'No events.');
  const made = element(
    'div',
    { class: 'events' },
    element('h3', {}, 'Events since the start of the exporter'),
    none,
    newest,
    details,
  );
  const updateNewest = keyedChildren(newest, keyOf, entry);
  const updateOlder = keyedChildren(older, keyOf, entry);
  return {
    element: made,
    update: (all) => {
      none.hidden = all.length > 0;
      newest.hidden = all.length === 0;
      details.hidden = all.length <= maxVisible;
      updateNewest(all.slice(0, maxVisible));
      updateOlder(all.slice(maxVisible));
      setText(summary, counted(all.length - maxVisible, 'earlier event'));
    },
  };
}

/** @param {ClusterEvent} event */
function keyOf({ at, kind, text }) {
  return `${at} ${kind} ${text}`;
}

/** @returns {Part<ClusterEvent>} */
function entry() {
  const time = element('time');
  const text = element('span');
  const made = element('li', {}, time, ' ', text);
  return {
    element: made,
    update: (event) => {
      setAttribute(made, 'data-tone', tones[event.kind]);
      setAttribute(time, 'datetime', new Date(event.at * 1000).toISOString());
      setText(time, clockTime(event.at));
      setText(text, capitalized(event.text));
    },
  };
}
