import type { ModelState, ModelTenant } from './model-state.ts';
import { type Random, shuffled } from './random.ts';
import { brokerIds, type PartitionAnswer, partitionAnswers, sizesOf } from './topology-answer.ts';

/** The answer of `GET /cluster/v2/topology`, from 8.10 on: every physical tenant of the cluster. */
export interface ClusterTopologyAnswer {
  readonly clusterId: string;
  /** −1 while the gateway knows no topology. It lists neither brokers nor tenants then. */
  readonly clusterSize: number;
  readonly gatewayVersion: string;
  readonly brokers: readonly {
    readonly brokerId: string;
    readonly host: string;
    readonly port: number;
    readonly version: string;
  }[];
  readonly physicalTenants: readonly TenantAnswer[];
}

interface TenantAnswer {
  readonly physicalTenantId: string;
  readonly partitionsCount: number;
  readonly replicationFactor: number;
  readonly lastCompletedChangeId: string;
  readonly brokers: readonly { readonly brokerId: string; readonly partitions: readonly PartitionAnswer[] }[];
}

/** Shuffles the tenants, their brokers and the partitions of each, as their order is arbitrary. */
export function clusterTopologyAnswer(state: ModelState, clusterId: string, random: Random): ClusterTopologyAnswer {
  const { gatewayVersion, zones, addressOf } = state;
  if (!state.gatewayKnowsTopology) {
    return { clusterId, clusterSize: -1, gatewayVersion, brokers: [], physicalTenants: [] };
  }
  return {
    clusterId,
    clusterSize: state.clusterSize,
    gatewayVersion,
    brokers: shuffled(random, listedBrokers(state)).map(({ id, version }) => {
      const { brokerId } = brokerIds(zones, id);
      return { brokerId, ...addressOf(id), version };
    }),
    physicalTenants: shuffled(random, [...state.tenants.values()]).map((tenant) => tenantAnswer(state, tenant, random)),
  };
}

function tenantAnswer(state: ModelState, tenant: Readonly<ModelTenant>, random: Random): TenantAnswer {
  const partitionsOf = partitionAnswers(state, tenant);
  return {
    physicalTenantId: tenant.id,
    ...sizesOf(state, tenant),
    lastCompletedChangeId: String(tenant.lastCompletedChangeId),
    brokers: shuffled(random, listedBrokers(state)).map(({ id }) => ({
      brokerId: brokerIds(state.zones, id).brokerId,
      partitions: shuffled(random, partitionsOf.get(id) ?? []),
    })),
  };
}

const listedBrokers = ({ brokers }: ModelState) => [...brokers.values()].filter(({ listed }) => listed);
