/** The events of a cluster since the start of the exporter, the newest first. */
import { element, keyedChildren, setAttribute, setText } from './dom.js';
import { clockTime } from './times.js';
import { capitalized, counted } from './words.js';

/**
 * @import { ClusterEvent, EventKind } from '../../poll/events.ts'
 * @import { Part } from './dom.js'
 * @import { Status } from './status.js'
 */

/** A card has older events in a collapsed section. */
const maxVisibleInCard = 6;

/** The colours of events other than `verdict_changed`. @type {Readonly<Partial<Record<EventKind, Status>>>} */
const tones = {
  broker_missing: 'degraded',
  polls_failing: 'unknown',
  auth_failing: 'degraded',
  series_limited: 'degraded',
  broker_back: 'healthy',
  polls_succeeding: 'healthy',
  auth_working: 'healthy',
  series_exposed: 'healthy',
};

/**
 * @param {{ readonly isComplete: boolean }} options whether all events are visible at once
 * @returns {Part<readonly ClusterEvent[]>}
 */
export function events({ isComplete }) {
  const maxVisible = isComplete ? Number.POSITIVE_INFINITY : maxVisibleInCard;
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
      setText(summary, details.hidden ? '' : counted(all.length - maxVisible, 'earlier event'));
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
      setAttribute(made, 'data-tone', event.verdict ?? tones[event.kind]);
      setAttribute(time, 'datetime', new Date(event.at * 1000).toISOString());
      setText(time, clockTime(event.at));
      setText(text, capitalized(event.text));
    },
  };
}
