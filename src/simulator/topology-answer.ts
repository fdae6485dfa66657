import type { ModelBroker, ModelPartition, ModelReplica, ModelState } from './model-state.ts';
import { type Random, shuffled } from './random.ts';
import type { Health } from './simulated-events.ts';

/** The answer of `GET /v1/topology` and `/v2/topology`; which fields there are depends on the gateway's version. */
export interface TopologyAnswer {
  readonly brokers?: readonly BrokerAnswer[];
  readonly clusterSize: number;
  readonly partitionsCount: number;
  readonly replicationFactor: number;
  readonly gatewayVersion: string;
  /** 8.8 on. */
  readonly lastCompletedChangeId?: string;
  /** 8.9 on. */
  readonly clusterId?: string;
}

export interface BrokerAnswer {
  readonly nodeId: number;
  /** 8.10 on: the number, or `<zone>_<number in that zone>`. */
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
  /** 8.10 on. */
  readonly state?: ModelReplica['state'];
}

/** What a gateway of that version can say. Anything unreadable counts as the newest. */
export function featuresOf(version: string) {
  const minor = Number(/^8\.(\d+)/.exec(version)?.[1] ?? Number.POSITIVE_INFINITY);
  return {
    v2: minor >= 6,
    status: minor >= 8,
    /** Since 8.8 the cluster checks credentials itself, by Spring Security. */
    ownAuthentication: minor >= 8,
    changeId: minor >= 8,
    clusterId: minor >= 9,
    brokerIdAndState: minor >= 10,
  };
}

/** The order of brokers, and of partitions inside a broker, is the generator's: a real gateway's is arbitrary. */
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

  const partitionsOf = new Map<number, PartitionAnswer[]>();
  for (const partition of state.partitions) {
    for (const replica of partition.replicas) {
      if (!replica.listed) continue;
      const answer: PartitionAnswer = {
        partitionId: partition.id,
        role: roleOf(replica, partition),
        health: replica.health,
        ...(features.brokerIdAndState && { state: replica.state }),
      };
      const others = partitionsOf.get(replica.broker);
      if (others === undefined) partitionsOf.set(replica.broker, [answer]);
      else others.push(answer);
    }
  }

  const answerOf = ({ id, version }: Readonly<ModelBroker>): BrokerAnswer => {
    const { zones } = state;
    const nodeId = zones.length === 0 ? id : Math.floor(id / zones.length);
    const zone = zones[id % zones.length];
    return {
      nodeId,
      ...(features.brokerIdAndState && { brokerId: zone === undefined ? `${nodeId}` : `${zone}_${nodeId}` }),
      ...state.addressOf(id),
      partitions: shuffled(random, partitionsOf.get(id) ?? []),
      version,
    };
  };
  const listed = [...state.brokers.values()].filter((broker) => broker.listed);
  return {
    brokers: shuffled(random, listed).map(answerOf),
    clusterSize: state.clusterSize,
    partitionsCount: state.partitions.length,
    replicationFactor: Math.min(...state.partitions.map(activeReplicas)),
    gatewayVersion,
    ...identity,
  };
}

/** The gateway tells the least of all partitions; one that has yet to start counts the broker it starts on. */
const activeReplicas = ({ replicas }: Readonly<ModelPartition>): number =>
  Math.max(1, replicas.filter(({ state }) => state === 'active').length);

function roleOf(replica: ModelReplica, partition: Readonly<ModelPartition>): PartitionAnswer['role'] {
  if (partition.leader === replica.broker) return 'leader';
  return replica.health === 'dead' || replica.state === 'joining' ? 'inactive' : 'follower';
}
