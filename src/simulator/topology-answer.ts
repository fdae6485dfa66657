import type { ModelBroker, ModelPartition, ModelReplica, ModelState } from './model-state.ts';
import { type Random, shuffled } from './random.ts';
import type { Health } from './simulated-events.ts';

/** The answer of `GET /v1/topology` and `/v2/topology`. Its fields depend on the gateway's version. */
export interface TopologyAnswer {
  readonly brokers?: readonly BrokerAnswer[];
  readonly clusterSize: number;
  readonly partitionsCount: number;
  readonly replicationFactor: number;
  readonly gatewayVersion: string;
  /** From 8.8 on. */
  readonly lastCompletedChangeId?: string;
  /** From 8.9 on. */
  readonly clusterId?: string;
}

export interface BrokerAnswer {
  readonly nodeId: number;
  /** From 8.10 on: the number, or `<zone>_<number in that zone>`. */
  readonly brokerId?: string;
  readonly host: string;
  readonly port: number;
  readonly partitions: readonly PartitionAnswer[];
  readonly version: string;
}

export interface PartitionAnswer {
  readonly partitionId: number;
  readonly role: 'leader' | 'follower' | 'inactive';
  readonly health: Health;
  /** From 8.10 on. */
  readonly state?: ModelReplica['state'];
}

/** Returns what the API of that version has. An unreadable version counts as the newest. */
export function featuresOf(version: string) {
  const minor = Number(/^8\.(\d+)/.exec(version)?.[1] ?? Number.POSITIVE_INFINITY);
  return {
    v2: minor >= 6,
    status: minor >= 8,
    /** Since 8.8 the cluster checks credentials itself, with Spring Security. */
    ownAuthentication: minor >= 8,
    changeId: minor >= 8,
    clusterId: minor >= 9,
    brokerIdAndState: minor >= 10,
  };
}

/** Shuffles the brokers, and the partitions of each broker, as their order is arbitrary in a real gateway's answers. */
export function topologyAnswer(state: ModelState, clusterId: string, random: Random): TopologyAnswer {
  const features = featuresOf(state.gatewayVersion);
  const { gatewayVersion } = state;
  const identity = {
    ...(features.changeId && { lastCompletedChangeId: String(state.lastCompletedChangeId) }),
    ...(features.clusterId && { clusterId }),
  };
  if (!state.gatewayKnowsTopology) {
    const brokers = features.changeId && { brokers: [] };
    return { ...brokers, clusterSize: -1, partitionsCount: 0, replicationFactor: 0, gatewayVersion, ...identity };
  }
  const partitionsOf = partitionAnswers(state);
  const listed = [...state.brokers.values()].filter((broker) => broker.listed);
  return {
    brokers: shuffled(random, listed).map((broker) =>
      brokerAnswer(state, broker, shuffled(random, partitionsOf.get(broker.id) ?? [])),
    ),
    clusterSize: state.clusterSize,
    partitionsCount: state.partitions.length,
    replicationFactor: Math.min(...state.partitions.map(activeReplicas)),
    gatewayVersion,
    ...identity,
  };
}

/** Returns the listed replicas by broker. */
function partitionAnswers({ partitions, gatewayVersion }: ModelState): ReadonlyMap<number, readonly PartitionAnswer[]> {
  const { brokerIdAndState } = featuresOf(gatewayVersion);
  const answers = new Map<number, PartitionAnswer[]>();
  for (const partition of partitions) {
    for (const replica of partition.replicas) {
      if (!replica.listed) continue;
      const answer: PartitionAnswer = {
        partitionId: partition.id,
        role: roleOf(replica, partition),
        health: replica.health,
        ...(brokerIdAndState && { state: replica.state }),
      };
      const others = answers.get(replica.broker);
      if (others === undefined) answers.set(replica.broker, [answer]);
      else others.push(answer);
    }
  }
  return answers;
}

function brokerAnswer(
  { zones, addressOf, gatewayVersion }: ModelState,
  { id, version }: Readonly<ModelBroker>,
  partitions: readonly PartitionAnswer[],
): BrokerAnswer {
  const nodeId = zones.length === 0 ? id : Math.floor(id / zones.length);
  const zone = zones[id % zones.length];
  const brokerId = zone === undefined ? `${nodeId}` : `${zone}_${nodeId}`;
  return {
    nodeId,
    ...(featuresOf(gatewayVersion).brokerIdAndState && { brokerId }),
    ...addressOf(id),
    partitions,
    version,
  };
}

/** The gateway reports the minimum over all partitions. A partition that has not started yet counts as 1. */
const activeReplicas = ({ replicas }: Readonly<ModelPartition>): number =>
  Math.max(1, replicas.filter(({ state }) => state === 'active').length);

function roleOf(replica: ModelReplica, partition: Readonly<ModelPartition>): PartitionAnswer['role'] {
  if (partition.leader === replica.broker) return 'leader';
  return replica.health === 'dead' || replica.state === 'joining' ? 'inactive' : 'follower';
}
