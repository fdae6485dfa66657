/** The legend of the grid. */
import { element } from './dom.js';
import { replicaSign } from './words.js';

/**
 * @import { ReplicaHealth, ReplicaState, Role } from '../../zeebe/topology.ts'
 * @import { ReplicaStatus, TopologyStatus } from '../../status/status-document.ts'
 * @import { Part } from './dom.js'
 */

/** @type {readonly (readonly [Role, ReplicaHealth, ReplicaState | undefined, string])[]} */
const always = [
  ['leader', 'healthy', undefined, 'leader'],
  ['follower', 'healthy', undefined, 'follower'],
  ['inactive', 'healthy', undefined, 'inactive'],
  ['follower', 'unhealthy', undefined, 'unhealthy'],
  ['follower', 'dead', undefined, 'dead'],
  ['follower', 'unknown', undefined, 'health unknown'],
];

/** Reported only by Zeebe 8.10 and later. @type {typeof always} */
const withState = [
  ['follower', 'healthy', 'joining', 'joining'],
  ['follower', 'healthy', 'leaving', 'leaving'],
  ['follower', 'healthy', 'recovering', 'recovering'],
];

/** @returns {Part<TopologyStatus>} */
export function legend() {
  const states = withState.map(entry);
  const made = element('ul', { class: 'legend', 'aria-label': 'Legend' }, ...always.map(entry), ...states);
  return {
    element: made,
    update: ({ brokers }) => {
      const reported = brokers.some(({ replicas }) => replicas.some(([, , , state]) => state !== undefined));
      for (const each of states) each.hidden = !reported;
    },
  };
}

/** @param {typeof always[number]} entry */
function entry([role, health, state, words]) {
  /** @type {ReplicaStatus} */
  const replica = state ? [1, role, health, state] : [1, role, health];
  const sign = element('span', { class: 'sign' }, replicaSign(replica));
  return element(
    'li',
    {},
    element('span', { class: 'sample', 'data-role': role, 'data-health': health }, sign),
    ` ${words}`,
  );
}
