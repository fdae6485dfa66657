import type { Exposition } from '../exposition.ts';
import type { Answer, AnswerBroker, AnswerReplica } from './own-request.ts';

/** Series as `name label=value … value`, in order. */
export type SeriesList = readonly string[];

/** Returns the series that docs/metrics.md specifies for an answer, without the exporter's code. */
export function promisedSeries(answer: Answer): SeriesList {
  const brokers = answer.brokers ?? [];
  const replicas = brokers.flatMap((broker) =>
    broker.partitions.map((replica) => ({ broker: idOf(broker), ...replica })),
  );
  const claimed = Array.from({ length: Math.max(0, answer.partitionsCount) }, (_, index) => index + 1);
  const partitions = new Set([...claimed, ...replicas.map(({ partitionId }) => partitionId)]);
  return [
    ...sizes(answer),
    ...brokers.flatMap((broker) => [
      series('broker_up', { broker: idOf(broker) }, 1),
      series('broker_info', { broker: idOf(broker), host: broker.host, port: broker.port, version: broker.version }, 1),
    ]),
    ...[...partitions].flatMap((partition) =>
      ofPartition(
        partition,
        replicas.filter(({ partitionId }) => partitionId === partition),
      ),
    ),
    ...replicas.flatMap(({ broker, partitionId: partition, ...replica }) => [
      series('partition_role', { broker, partition, role: replica.role }, 1),
      series('partition_health', { broker, partition, health: replica.health ?? 'unknown' }, 1),
    ]),
  ].toSorted();
}

/** Returns the series of the same families on the page; of state sets and brokers, only those with the value 1. */
export function exposedSeries(page: Exposition): SeriesList {
  const all = [...setFamilies, ...valueFamilies].flatMap((name) => page.series(`zeebe_topology_${name}`));
  return all
    .filter(({ name, value }) => value === 1 || valueFamilies.some((family) => name.endsWith(`_topology_${family}`)))
    .map(({ name, labels: { zeebe_cluster: _, ...labels }, value }) =>
      series(name.replace('zeebe_topology_', ''), labels, value),
    )
    .toSorted();
}

const setFamilies = ['gateway_info', 'broker_up', 'broker_info', 'partition_role', 'partition_health'];
const valueFamilies = [
  'cluster_size',
  'brokers',
  'partitions',
  'replication_factor',
  'partition_has_leader',
  'partition_replicas',
  'partition_healthy_replicas',
];

function sizes(answer: Answer): SeriesList {
  const counts = {
    cluster_size: answer.clusterSize,
    partitions: answer.partitionsCount,
    replication_factor: answer.replicationFactor,
  };
  const known = Object.entries(counts).filter(([, count]) => count >= 1);
  const { brokers, gatewayVersion } = answer;
  return [
    ...known.map(([name, count]) => series(name, {}, count)),
    series('brokers', {}, brokers?.length ?? 0),
    ...(gatewayVersion === undefined ? [] : [series('gateway_info', { version: gatewayVersion }, 1)]),
  ];
}

function ofPartition(partition: number, replicas: readonly AnswerReplica[]): SeriesList {
  const counted = replicas
    .filter(({ role }) => role === 'leader' || role === 'follower')
    .filter(({ state = 'active' }) => state !== 'joining' && state !== 'leaving');
  const labels = { partition };
  return [
    series('partition_has_leader', labels, replicas.some(({ role }) => role === 'leader') ? 1 : 0),
    series('partition_replicas', labels, counted.length),
    series('partition_healthy_replicas', labels, counted.filter(({ health }) => health === 'healthy').length),
  ];
}

const idOf = ({ brokerId, nodeId }: AnswerBroker): string => brokerId ?? `${nodeId}`;

function series(name: string, labels: Readonly<Record<string, string | number>>, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}=${text}`);
  return [name, ...pairs.toSorted(), value].join(' ');
}
