import type { KnownLeaders } from '../zeebe/known-leaders.ts';
import type { Partition } from '../zeebe/partitions.ts';
import { type Replica, replicaHealths, replicaStates, roles, sortedById, type Topology } from '../zeebe/topology.ts';
import { verdicts } from '../zeebe/verdict.ts';
import type { ClusterView, GroupView } from '../zeebe/view.ts';
import {
  type Add,
  type ClusterFamily,
  gauge,
  type Labels,
  labels,
  type StableSeriesFamily,
  type StateFamily,
  single,
  stateSet,
} from './family.ts';
import { seriesLimited, withinLimits } from './limited-families.ts';

const addVerdicts = stateSet('health', verdicts);

/** Of the cluster and its physical tenants. */
const summaryFamilies: readonly ClusterFamily[] = [
  gauge(
    'zeebe_topology_cluster_health',
    'Verdict on the cluster as of the last poll (1 for the current one).',
    ({ lastPoll, verdict }, add) => {
      if (lastPoll) addVerdicts(add, verdict);
    },
    ({ lastPoll, verdict }) => lastPoll && verdict,
  ),
  ofTopology('cluster_size', 'Expected number of brokers, as of the last poll.', ({ clusterSize }) => clusterSize),
  ofTopology('brokers', 'Number of brokers listed, as of the last poll.', ({ brokers }) => brokers.length),
  ofGroups(
    'partitions',
    'Expected number of partitions, as of the last poll.',
    ({ partitionsCount }) => partitionsCount,
  ),
  ofGroups(
    'replication_factor',
    'Replication factor as computed by the gateway, as of the last poll; it is lower while members leave or ' +
      'partitions bootstrap.',
    ({ replicationFactor }) => replicationFactor,
  ),
  infoOf('gateway_info', 'Version of the gateway that answered the last poll; always 1.', ({ gatewayVersion }) =>
    gatewayVersion === undefined ? undefined : labels({ version: gatewayVersion }),
  ),
  infoOf('cluster_info', 'Id of the cluster, as of the last poll; always 1.', ({ clusterId }) =>
    clusterId === undefined ? undefined : labels({ cluster_id: clusterId }),
  ),
  ofGroups(
    'last_completed_change_id',
    'Id of the last completed change of the cluster configuration, as of the last poll.',
    ({ lastCompletedChangeId }) => lastCompletedChangeId,
  ),
  ofView('physical_tenants', 'Number of physical tenants listed, as of the last poll.', ({ groups }, add) => {
    if (groups.every(({ tenant }) => tenant !== undefined)) add(groups.length);
  }),
  ofView(
    'physical_tenant_health',
    'Verdict on a physical tenant as of the last poll (1 for the current one).',
    ({ groups }, add) => {
      for (const { tenant, verdict } of groups) {
        if (tenant === undefined) continue;
        for (const health of verdicts) add(Number(health === verdict), groupLabels(tenant, { health }));
      }
    },
  ),
];

const detailFamilies: readonly (StateFamily | StableSeriesFamily)[] = [
  ofView(
    'broker_up',
    'Whether a broker is listed (1) or missing (0), as of the last poll.',
    ({ topology, missingBrokers }, add) => {
      const listed = topology.brokers.map(({ id }) => ({ id, up: 1 }));
      const missing = missingBrokers.map((id) => ({ id, up: 0 }));
      for (const { id, up } of sortedById([...listed, ...missing], ({ id }) => id)) add(up, labels({ broker: id }));
    },
  ),
  ofView('broker_info', 'Address and version of a listed broker, as of the last poll; always 1.', (view, add) => {
    for (const { id, host, port, version } of view.topology.brokers)
      add(1, labels({ broker: id, host, port, version }));
  }),
  ofPartitions(
    'partition_has_leader',
    'Whether a partition has a leader (1) or not (0), as of the last poll.',
    ({ leaders }) => Number(leaders.length > 0),
  ),
  ofPartitions(
    'partition_replicas',
    'Replicas of a partition listed as leader or follower, without those joining or leaving, as of the last poll.',
    ({ replicas }) => replicas,
  ),
  ofPartitions(
    'partition_healthy_replicas',
    'Healthy replicas of a partition among those in zeebe_topology_partition_replicas, as of the last poll.',
    ({ healthyReplicas }) => healthyReplicas,
  ),
  {
    source: 'stable series',
    name: 'zeebe_topology_partition_leader_changes_total',
    type: 'counter',
    help: 'Leader changes of a partition: polls in which the gateway reported another leader than the last known one.',
    seriesKey: ({ leaders }) => leaders.revision,
    dependsOn: ({ leaders }) => leaders,
    series: ({ leaders }) => leaderSeries(leaders),
    values: ({ leaders }, put) => {
      for (const { changes } of leaders.partitions.values()) put(changes);
    },
  },
  ofReplicas(
    'role',
    roles,
    'Role of the replica of a partition on a broker (1 for the current one), as of the last poll.',
  ),
  ofReplicas(
    'health',
    replicaHealths,
    'Health of the replica of a partition on a broker (1 for the current one), as of the last poll.',
  ),
  ofReplicas(
    'state',
    replicaStates,
    'State of the replica of a partition on a broker (1 for the current one), as of the last poll; only if the ' +
      'cluster reports it.',
  ),
];

/** What the topology says: absent while `up` is 0, except the verdict and the leader changes. */
export const topologyFamilies: readonly ClusterFamily[] = [
  ...summaryFamilies,
  seriesLimited,
  ...detailFamilies.map(withinLimits),
];

function ofTopology(name: string, help: string, value: (topology: Topology) => number | undefined): StateFamily {
  return single(`zeebe_topology_${name}`, help, ({ view }) => view && value(view.topology));
}

function infoOf(name: string, help: string, own: (topology: Topology) => Labels | undefined): StateFamily {
  return ofView(name, help, ({ topology }, add) => {
    const present = own(topology);
    if (present !== undefined) add(1, present);
  });
}

function ofView(name: string, help: string, samples: (view: ClusterView, add: Add) => void): StateFamily {
  const ofState: StateFamily['samples'] = ({ view }, add) => {
    if (view) samples(view, add);
  };
  return gauge(`zeebe_topology_${name}`, help, ofState, ({ view }) => view);
}

/** A gauge of each partition group that has the value. */
function ofGroups(name: string, help: string, value: (group: GroupView) => number | undefined): StateFamily {
  return ofView(name, help, ({ groups }, add) => {
    for (const group of groups) {
      const present = value(group);
      if (present === undefined) continue;
      if (group.tenant === undefined) add(present);
      else add(present, groupLabels(group.tenant, {}));
    }
  });
}

/**
 * Returns the labels of a series that belongs to a physical tenant, if there is one: `physical_tenant` is the first.
 */
function groupLabels(tenant: string | undefined, own: Readonly<Record<string, string | number>>): Labels {
  return labels(tenant === undefined ? own : { physical_tenant: tenant, ...own });
}

function ofPartitions(name: string, help: string, value: (partition: Partition) => number): StableSeriesFamily {
  return stableSeriesOfView(name, help, {
    *series({ groups }) {
      for (const { tenant, partitions } of groups) {
        for (const { id } of partitions) yield groupLabels(tenant, { partition: id });
      }
    },
    values: ({ groups }, put) => {
      for (const { partitions } of groups) for (const partition of partitions) put(value(partition));
    },
  });
}

function* leaderSeries({ partitions }: KnownLeaders): Generator<Labels> {
  for (const { tenant, partition } of partitions.values()) yield groupLabels(tenant, { partition });
}

/** A state set for each replica that has the property: a series for each possible value. */
function ofReplicas<K extends 'role' | 'health' | 'state'>(
  property: K,
  members: readonly NonNullable<Replica[K]>[],
  help: string,
): StableSeriesFamily {
  return stableSeriesOfView(`partition_${property}`, help, {
    *series({ groups }) {
      for (const { tenant, brokers } of groups) {
        for (const { id, replicas } of brokers) {
          for (const { partition, [property]: current } of replicas) {
            if (current === undefined) continue;
            for (const member of members) yield groupLabels(tenant, { broker: id, partition, [property]: member });
          }
        }
      }
    },
    values: ({ groups }, put) => {
      for (const { brokers } of groups) {
        for (const { replicas } of brokers) {
          for (const { [property]: current } of replicas) {
            if (current === undefined) continue;
            for (const member of members) put(member === current ? 1 : 0);
          }
        }
      }
    },
  });
}

function stableSeriesOfView(
  name: string,
  help: string,
  {
    series,
    values,
  }: {
    readonly series: (view: ClusterView) => Iterable<Labels>;
    readonly values: (view: ClusterView, put: (value: number) => void) => void;
  },
): StableSeriesFamily {
  return {
    source: 'stable series',
    name: `zeebe_topology_${name}`,
    type: 'gauge',
    help,
    seriesKey: (_state, viewSeries) => viewSeries,
    dependsOn: ({ view }) => view,
    series: ({ view }) => (view ? series(view) : []),
    values: ({ view }, put) => {
      if (view) values(view, put);
    },
  };
}
