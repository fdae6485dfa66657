import type { TopologyAnswer } from '../../src/simulator/topology-answer.ts';

/** Returns the answer with brokers and partitions ordered by id, as their order in an answer is arbitrary. */
export function sorted({ brokers = [], ...facts }: TopologyAnswer): TopologyAnswer {
  const inOrder = brokers
    .map((broker) => ({ ...broker, partitions: broker.partitions.toSorted((a, b) => a.partitionId - b.partitionId) }))
    .toSorted((a, b) => a.nodeId - b.nodeId);
  return { brokers: inOrder, ...facts };
}
