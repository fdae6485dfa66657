/** The state of a cluster as the page shows it, and the order of clusters. */
import { problemsOf } from './words.js';

/**
 * @import { ClusterStatus } from '../../status/status-document.ts'
 * @import { Verdict } from '../../zeebe/verdict.ts'
 */

/** @typedef {Verdict | 'pending'} Status a cluster is pending until its first poll has ended */

/**
 * The worst first. A cluster that cannot be polled may be in a worse state than one that is known to be degraded.
 *
 * @type {readonly Status[]}
 */
export const statusesBySeverity = ['unhealthy', 'unknown', 'degraded', 'pending', 'healthy'];

/** Marks, so that a status does not depend on colour alone. @type {Readonly<Record<Status, string>>} */
export const statusMarks = { unhealthy: '✕', unknown: '?', degraded: '▲', pending: '…', healthy: '✓' };

/**
 * @param {ClusterStatus} cluster
 * @returns {Status}
 */
export function statusOf({ lastPoll, verdict }) {
  return lastPoll ? verdict : 'pending';
}

/**
 * Returns the colour and mark of a cluster: those of its status, and of `degraded` if the cluster is healthy but has a
 * problem, such as a failing authentication.
 *
 * @param {ClusterStatus} cluster
 * @returns {Status}
 */
export function toneOf(cluster) {
  const status = statusOf(cluster);
  return status === 'healthy' && problemsOf(cluster).length > 0 ? 'degraded' : status;
}

/** @param {ClusterStatus} cluster */
export function hasProblem(cluster) {
  return !['healthy', 'pending'].includes(toneOf(cluster));
}

/**
 * Returns the clusters, the worst first. A healthy cluster with a problem comes before those without.
 *
 * @param {readonly ClusterStatus[]} clusters
 * @returns {readonly ClusterStatus[]}
 */
export function bySeverity(clusters) {
  const rank = (/** @type {ClusterStatus} */ cluster) => {
    const status = statusOf(cluster);
    return statusesBySeverity.indexOf(status) - (status === 'healthy' && hasProblem(cluster) ? 0.5 : 0);
  };
  return [...clusters].sort((a, b) => rank(a) - rank(b));
}
