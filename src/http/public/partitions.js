/** What the page says about partitions: their problems. */

/** @import { PartitionStatus, TopologyStatus } from '../../status/status-document.ts' */

/**
 * @typedef {object} PartitionProblem
 * @property {'unhealthy' | 'degraded'} tone
 * @property {string} text
 */

/**
 * Returns a function that tells the problem of a partition, or undefined if it has a leader and enough healthy replicas.
 *
 * @param {{ readonly replicationFactor?: number | undefined, readonly clusterSize?: number | undefined }} sizes
 * @returns {(partition: PartitionStatus) => PartitionProblem | undefined}
 */
export function problemIn({ replicationFactor = 0, clusterSize = 0 }) {
  const wanted = Math.min(replicationFactor, clusterSize);
  return ({ leaders, healthyReplicas }) => {
    if (leaders.length === 0) return { tone: 'unhealthy', text: 'no leader' };
    if (healthyReplicas >= wanted) return undefined;
    return { tone: 'degraded', text: `${healthyReplicas} of ${wanted} replicas healthy` };
  };
}

/** @param {TopologyStatus} topology of a cluster without physical tenants, or of one of them */
export function countWithoutProblem(topology) {
  const problem = problemIn(topology);
  return topology.partitions.filter((partition) => !problem(partition)).length;
}
