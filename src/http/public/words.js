/** How the page says things. */

/**
 * @import { ClusterStatus, FindingStatus, ReplicaStatus } from '../../status/status-document.ts'
 * @import { Verdict } from '../../zeebe/verdict.ts'
 */

/** The worst first; a cluster that nobody can see may be worse off than one that is known to be degraded. */
export const verdictsByGravity = /** @type {const} */ (['unhealthy', 'unknown', 'degraded', 'healthy']);

/** Shapes, so that a verdict is told by more than colour. @type {Readonly<Record<Verdict, string>>} */
export const verdictMarks = { unhealthy: '✕', unknown: '?', degraded: '▲', healthy: '✓' };

/** @type {Readonly<Record<string, string>>} */
const roleLetters = { leader: 'L', follower: 'f', inactive: '–', unknown: '?' };

/** @type {Readonly<Record<string, string>>} */
const healthMarks = { healthy: '', unhealthy: '!', dead: '×', unknown: '?' };

/** @param {ReplicaStatus} replica */
export function replicaSign([, role, health, state]) {
  const sign = `${roleLetters[role]}${healthMarks[health]}`;
  if (state === 'joining') return `→\u2009${sign}`;
  if (state === 'leaving') return `${sign}\u2009→`;
  return state === 'recovering' ? `↻\u2009${sign}` : sign;
}

/** @param {ReplicaStatus} replica */
export function replicaWords([, role, health, state]) {
  const words = [role === 'unknown' ? 'unknown role' : role, health === 'unknown' ? 'health unknown' : health];
  return [...words, ...(state && state !== 'active' && state !== 'unknown' ? [state] : [])].join(', ');
}

/** @param {string} text */
export function capitalized(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * What is wrong with a cluster: what its verdict is made of, and what it is not made of yet. A token that cannot be
 * renewed still serves, until it has expired.
 *
 * @param {ClusterStatus} cluster
 * @returns {readonly FindingStatus[]}
 */
export function wrongs({ authentication: { failure }, lastPoll, findings }) {
  if (!failure || lastPoll?.failure) return findings;
  return [
    ...findings,
    { verdict: 'degraded', text: `authentication fails: ${failure.message}`, remedy: failure.remedy },
  ];
}

/**
 * Brokers and gateway by version, the most widespread first; the names of few brokers are told.
 *
 * @param {NonNullable<ClusterStatus['topology']>} topology
 * @returns {readonly { readonly version: string, readonly who: string }[]}
 */
export function versionsOf({ brokers, gatewayVersion }) {
  /** @type {Map<string, string[]>} */
  const byVersion = new Map();
  const add = (/** @type {string} */ version) => {
    const ids = byVersion.get(version) ?? [];
    byVersion.set(version, ids);
    return ids;
  };
  for (const { id, version } of brokers) if (version !== '') add(version).push(id);
  if (gatewayVersion !== undefined) add(gatewayVersion);
  return [...byVersion]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([version, ids]) => {
      const gateway = version === gatewayVersion ? ['gateway'] : [];
      return { version, who: [...brokersNamed(ids), ...gateway].join(', ') };
    });
}

/** @param {readonly string[]} ids */
function brokersNamed(ids) {
  if (ids.length === 0) return [];
  if (ids.length > 3) return [`${ids.length} brokers`];
  return [`${ids.length === 1 ? 'broker' : 'brokers'} ${ids.join(', ')}`];
}

/**
 * @param {number} count
 * @param {string} noun
 */
export function counted(count, noun) {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
