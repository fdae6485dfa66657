import type { ClusterModel } from '../../src/simulator/cluster-model.ts';
import { randomFrom } from '../../src/simulator/random.ts';
import { type TopologyAnswer, topologyAnswer } from '../../src/simulator/topology-answer.ts';

export const answerAt = (model: ClusterModel, elapsed: number, seed = 'answer'): TopologyAnswer =>
  topologyAnswer(model.at(elapsed), '', randomFrom(seed));

/** Returns broker → partition → role, independent of the order of the answer. */
export const rolesIn = (answer: TopologyAnswer) =>
  new Map(
    (answer.brokers ?? []).map((broker) => [
      broker.nodeId,
      new Map(broker.partitions.map(({ partitionId, role }) => [partitionId, role])),
    ]),
  );

export const leadersIn = (answer: TopologyAnswer) =>
  new Map(
    (answer.brokers ?? []).flatMap((broker) =>
      broker.partitions.filter(({ role }) => role === 'leader').map(({ partitionId }) => [partitionId, broker.nodeId]),
    ),
  );

export const leaderOf = (model: ClusterModel, partition: number): number => {
  const leader = leadersIn(answerAt(model, 0)).get(partition);
  if (leader === undefined) throw new Error(`partition ${partition} has no leader`);
  return leader;
};
