/** The texts of the page. */

/**
 * @import { ClusterSummary, FindingStatus } from '../../status/cluster-summary.ts'
 * @import { ReplicaStatus, TopologyStatus } from '../../status/status-document.ts'
 */

/** @typedef {Omit<FindingStatus, 'kind'> & { readonly kind: FindingStatus['kind'] | 'auth_failing' | 'series_limited' }} Problem */

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
 * Returns the problems of a cluster: the findings of its verdict, an authentication failure that does not affect the
 * verdict yet, because the old token is still valid, and a limit of series that is exceeded.
 *
 * @param {ClusterSummary} cluster
 * @returns {readonly Problem[]}
 */
export function problemsOf({ authentication, lastPoll, findings, seriesLimited }) {
  const failure = lastPoll?.failure ? undefined : authentication.failure;
  return [
    ...findings,
    ...(failure ? [degraded('auth_failing', `authentication fails: ${failure.message}`, failure.remedy)] : []),
    ...(seriesLimited ? [degraded('series_limited', seriesLimited.message, seriesLimited.remedy)] : []),
  ];
}

/**
 * @param {'auth_failing' | 'series_limited'} kind
 * @param {string} text
 * @param {string} remedy
 * @returns {Problem}
 */
function degraded(kind, text, remedy) {
  return { verdict: 'degraded', kind, text, remedy };
}

/**
 * Returns brokers and gateway by version, the most frequent first. Up to three brokers of a version are named.
 *
 * @param {TopologyStatus} topology
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
 * Returns undefined if the gateway knows no topology.
 *
 * @param {ClusterSummary} cluster
 */
export function brokersListed({ brokerCount }) {
  return brokerCount?.expected === undefined ? undefined : `${brokerCount.listed} of ${brokerCount.expected}`;
}

/**
 * Returns undefined if no partition is known.
 *
 * @param {ClusterSummary} cluster
 */
export function partitionsWithoutProblem({ partitionCount }) {
  const { total = 0, withoutProblem = 0 } = partitionCount ?? {};
  return total === 0 ? undefined : `${withoutProblem} of ${total}`;
}

/**
 * @param {number} count
 * @param {string} noun
 */
export function counted(count, noun) {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
