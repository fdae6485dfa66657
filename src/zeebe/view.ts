import { type Partition, partitionsOf } from './partitions.ts';
import type { PartitionGroup, Topology } from './topology.ts';
import { type Verdict, verdictOf, worstOf } from './verdict.ts';

/** A topology and what is derived from it. */
export interface ClusterView {
  readonly topology: Topology;
  readonly missingBrokers: readonly string[];
  /** In the order of those of the topology. */
  readonly groups: readonly GroupView[];
  /** The worst of the groups; `unknown` if there are none. */
  readonly verdict: Verdict;
}

export interface GroupView extends PartitionGroup {
  /** Sorted by id. */
  readonly partitions: readonly Partition[];
  readonly verdict: Verdict;
}

export function viewOf(topology: Topology, missingBrokers: readonly string[]): ClusterView {
  const { clusterSize, brokers } = topology;
  const groups = topology.groups.map((group): GroupView => {
    const partitions = partitionsOf(group);
    const cluster = {
      ...(clusterSize !== undefined && { clusterSize }),
      brokersListed: brokers.length,
      missingBrokers,
    };
    return { ...group, partitions, verdict: verdictOf({ ...group, ...cluster, partitions }) };
  });
  return { topology, missingBrokers, groups, verdict: worstOf(groups.map(({ verdict }) => verdict)) };
}
