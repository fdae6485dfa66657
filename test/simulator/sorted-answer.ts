import type { TopologyAnswer } from '../../src/simulator/topology-answer.ts';

/** The same answer with brokers and partitions in the order of their ids: that of an answer is arbitrary. */
export function sorted({ brokers = [], ...facts }: TopologyAnswer): TopologyAnswer {
  const inOrder = brokers
    .map((broker) => ({ ...broker, partitions: broker.partitions.toSorted((a, b) => a.partitionId - b.partitionId) }))
    .toSorted((a, b) => a.nodeId - b.nodeId);
  return { brokers: inOrder, ...facts };
}
