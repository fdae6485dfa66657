import type { ClusterView } from '../poll/state.ts';
import type { Partition } from '../zeebe/partitions.ts';
import { type Replica, replicaHealths, replicaStates, roles, sortedById, type Topology } from '../zeebe/topology.ts';
import { verdicts } from '../zeebe/verdict.ts';
import {
  type Add,
  type ClusterFamily,
  gauge,
  type Labels,
  type LaidOutFamily,
  labels,
  type StateFamily,
  single,
  zeroOneSet,
} from './family.ts';

const addVerdicts = zeroOneSet('health', verdicts);

/** The cluster's own: gone while `up` is 0, except the verdict and the leader changes. */
export const topologyFamilies: readonly ClusterFamily[] = [
  gauge(
    'zeebe_topology_cluster_health',
    'The verdict on the cluster as of the last poll (1 for the one that holds).',
    ({ lastPoll, verdict }, add) => {
      if (lastPoll) addVerdicts(add, verdict);
    },
  ),
  ofTopology('cluster_size', 'Brokers that should be there, as of the last poll.', ({ clusterSize }) => clusterSize),
  ofTopology('brokers', 'Brokers listed, as of the last poll.', ({ brokers }) => brokers.length),
  ofTopology(
    'partitions',
    'Partitions that should be there, as of the last poll.',
    ({ partitionsCount }) => partitionsCount,
  ),
  ofTopology(
    'replication_factor',
    'Replicas of each partition as the gateway computes it, as of the last poll; ' +
      'it falls while members leave or partitions bootstrap.',
    ({ replicationFactor }) => replicationFactor,
  ),
  infoOf('gateway_info', 'Version of the gateway that answered the last poll; always 1.', ({ gatewayVersion }) =>
    gatewayVersion === undefined ? undefined : labels({ version: gatewayVersion }),
  ),
  infoOf('cluster_info', 'Id that the cluster gives itself, as of the last poll; always 1.', ({ clusterId }) =>
    clusterId === undefined ? undefined : labels({ cluster_id: clusterId }),
  ),
  ofTopology(
    'last_completed_change_id',
    'Id of the last completed change of the cluster configuration, as of the last poll.',
    ({ lastCompletedChangeId }) => lastCompletedChangeId,
  ),
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
    'Replicas of a partition listed as leader or follower, those joining or leaving left out, as of the last poll.',
    ({ replicas }) => replicas,
  ),
  ofPartitions(
    'partition_healthy_replicas',
    'Those of the replicas of a partition that are healthy, as of the last poll.',
    ({ healthyReplicas }) => healthyReplicas,
  ),
  {
    source: 'layout',
    name: 'zeebe_topology_partition_leader_changes_total',
    type: 'counter',
    help: 'Leaders of a partition other than the last one known, as this gateway tells it between two polls.',
    // Partitions are never forgotten, so as many are the same ones.
    shape: ({ leaders }) => leaders.size,
    follows: ({ leaders }) => leaders,
    series: ({ leaders }) => labelsOf(leaders.keys()),
    values: ({ leaders }, put) => {
      for (const { changes } of leaders.values()) put(changes);
    },
  },
  ofReplicas(
    'role',
    roles,
    'Role of a replica of a partition in a broker (1 for the one that holds), as of the last poll.',
  ),
  ofReplicas(
    'health',
    replicaHealths,
    'Health of a replica of a partition in a broker (1 for the one that holds), as of the last poll.',
  ),
  ofReplicas(
    'state',
    replicaStates,
    'State of a replica of a partition in a broker (1 for the one that holds), as of the last poll; ' +
      'only where the cluster tells it.',
  ),
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
  const family = gauge(`zeebe_topology_${name}`, help, ({ view }, add) => {
    if (view) samples(view, add);
  });
  return { ...family, follows: ({ view }) => view };
}

function ofPartitions(name: string, help: string, value: (partition: Partition) => number): LaidOutFamily {
  return ofLayout(name, help, {
    series: ({ partitions }) => labelsOf(partitions.map(({ id }) => id)),
    values: ({ partitions }, put) => {
      for (const partition of partitions) put(value(partition));
    },
  });
}

function* labelsOf(partitions: Iterable<number>): Generator<Labels> {
  for (const partition of partitions) yield labels({ partition });
}

/** A 0/1 set for each replica that has the property: a series for each of its values. */
function ofReplicas<K extends 'role' | 'health' | 'state'>(
  property: K,
  members: readonly NonNullable<Replica[K]>[],
  help: string,
): LaidOutFamily {
  return ofLayout(`partition_${property}`, help, {
    *series({ topology }) {
      for (const { id, replicas } of topology.brokers) {
        for (const { partition, [property]: current } of replicas) {
          if (current === undefined) continue;
          for (const member of members) yield labels({ broker: id, partition, [property]: member });
        }
      }
    },
    values: ({ topology }, put) => {
      for (const { replicas } of topology.brokers) {
        for (const { [property]: current } of replicas) {
          if (current === undefined) continue;
          for (const member of members) put(member === current ? 1 : 0);
        }
      }
    },
  });
}

function ofLayout(
  name: string,
  help: string,
  {
    series,
    values,
  }: {
    readonly series: (view: ClusterView) => Iterable<Labels>;
    readonly values: (view: ClusterView, put: (value: number) => void) => void;
  },
): LaidOutFamily {
  return {
    source: 'layout',
    name: `zeebe_topology_${name}`,
    type: 'gauge',
    help,
    shape: ({ view }) => view?.shape,
    follows: ({ view }) => view,
    series: ({ view }) => (view ? series(view) : []),
    values: ({ view }, put) => {
      if (view) values(view, put);
    },
  };
}
