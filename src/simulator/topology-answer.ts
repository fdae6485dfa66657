import {
  findTenant,
  type ModelBroker,
  type ModelPartition,
  type ModelReplica,
  type ModelState,
  type ModelTenant,
} from './model-state.ts';
import { type Random, shuffled } from './random.ts';
import type { Health } from './simulated-events.ts';

/** The answer of `GET /v1/topology` and `/v2/topology`: one physical tenant. Its fields depend on the version. */
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
  readonly state?: ModelReplica['state'] | 'recovering';
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
    physicalTenants: minor >= 10,
    /** In the alphas of 8.10 each tenant tells the `partitionsCount` of `default` (camunda/camunda #59642). */
    ownPartitionsCount: !version.startsWith('8.10.0-alpha'),
  };
}

/** Shuffles the brokers, and the partitions of each broker, as their order is arbitrary in a real gateway's answers. */
export function topologyAnswer(
  state: ModelState,
  clusterId: string,
  random: Random,
  tenant: Readonly<ModelTenant> = findTenant(state.tenants),
): TopologyAnswer {
  const features = featuresOf(state.gatewayVersion);
  const { gatewayVersion } = state;
  const identity = {
    ...(features.changeId && { lastCompletedChangeId: String(tenant.lastCompletedChangeId) }),
    ...(features.clusterId && { clusterId }),
  };
  if (!state.gatewayKnowsTopology) {
    const brokers = features.changeId && { brokers: [] };
    return { ...brokers, clusterSize: -1, partitionsCount: 0, replicationFactor: 0, gatewayVersion, ...identity };
  }
  const partitionsOf = partitionAnswers(state, tenant);
  const listed = [...state.brokers.values()].filter((broker) => broker.listed);
  return {
    brokers: shuffled(random, listed).map((broker) =>
      brokerAnswer(state, broker, shuffled(random, partitionsOf.get(broker.id) ?? [])),
    ),
    clusterSize: state.clusterSize,
    ...sizesOf(state, tenant),
    gatewayVersion,
    ...identity,
  };
}

export function sizesOf({ tenants, gatewayVersion }: ModelState, tenant: Readonly<ModelTenant>) {
  const claimed = featuresOf(gatewayVersion).ownPartitionsCount ? tenant : findTenant(tenants);
  return {
    partitionsCount: claimed.partitions.length,
    replicationFactor: Math.min(...tenant.partitions.map(activeReplicas)),
  };
}

/** Returns the listed replicas of a physical tenant, by broker. */
export function partitionAnswers(
  { gatewayVersion }: ModelState,
  { partitions, recovering }: Readonly<ModelTenant>,
): ReadonlyMap<number, readonly PartitionAnswer[]> {
  const { brokerIdAndState } = featuresOf(gatewayVersion);
  const answers = new Map<number, PartitionAnswer[]>();
  for (const partition of partitions) {
    for (const replica of partition.replicas) {
      if (!replica.listed) continue;
      const answer: PartitionAnswer = {
        partitionId: partition.id,
        role: roleOf(replica, partition),
        health: replica.health,
        ...(brokerIdAndState && { state: recovering ? 'recovering' : replica.state }),
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
  const { nodeId, brokerId } = brokerIds(zones, id);
  return {
    nodeId,
    ...(featuresOf(gatewayVersion).brokerIdAndState && { brokerId }),
    ...addressOf(id),
    partitions,
    version,
  };
}

export function brokerIds(zones: readonly string[], broker: number): { nodeId: number; brokerId: string } {
  const nodeId = zones.length === 0 ? broker : Math.floor(broker / zones.length);
  const zone = zones[broker % zones.length];
  return { nodeId, brokerId: zone === undefined ? `${nodeId}` : `${zone}_${nodeId}` };
}

/** The gateway reports the minimum over all partitions. A partition that has not started yet counts as 1. */
const activeReplicas = ({ replicas }: Readonly<ModelPartition>): number =>
  Math.max(1, replicas.filter(({ state }) => state === 'active').length);

function roleOf(replica: ModelReplica, partition: Readonly<ModelPartition>): PartitionAnswer['role'] {
  if (partition.leader === replica.broker) return 'leader';
  const isInactive = partition.tenant.recovering || replica.health === 'dead' || replica.state === 'joining';
  return isInactive ? 'inactive' : 'follower';
}
