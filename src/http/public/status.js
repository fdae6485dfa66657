/** The state of a cluster as the page shows it. */
import { problemsOf } from './words.js';

/**
 * @import { ClusterSummary, CountedStatus } from '../../status/cluster-summary.ts'
 */

/** @typedef {CountedStatus} Status */

/**
 * The worst first. A cluster that cannot be polled may be in a worse state than one that is known to be degraded.
 *
 * @type {readonly Status[]}
 */
export const statusesBySeverity = ['unhealthy', 'unknown', 'degraded', 'pending', 'healthy'];

/** Marks, so that a status does not depend on colour alone. @type {Readonly<Record<Status, string>>} */
export const statusMarks = { unhealthy: '✕', unknown: '?', degraded: '▲', pending: '…', healthy: '✓' };

/**
 * @param {ClusterSummary} cluster
 * @returns {Status}
 */
export function statusOf({ lastPoll, verdict }) {
  return lastPoll ? verdict : 'pending';
}

/**
 * Returns the colour and mark of a cluster: those of its status, and of `degraded` if the cluster is healthy but has a
 * problem, such as a failing authentication.
 *
 * @param {ClusterSummary} cluster
 * @returns {Status}
 */
export function toneOf(cluster) {
  const status = statusOf(cluster);
  return status === 'healthy' && problemsOf(cluster).length > 0 ? 'degraded' : status;
}

/** @param {ClusterSummary} cluster */
export function hasProblem(cluster) {
  return !['healthy', 'pending'].includes(toneOf(cluster));
}

/**
 * Returns how bad the state of a cluster is: the worst has the highest number, and a healthy cluster with a problem a
 * higher one than those without.
 *
 * @param {ClusterSummary} cluster
 */
export function severityOf(cluster) {
  const status = statusOf(cluster);
  return (status === 'healthy' && hasProblem(cluster) ? 0.5 : 0) - statusesBySeverity.indexOf(status);
}
