import { readFileSync } from 'node:fs';
import { omitUndefined } from '../src/omit-undefined.ts';
import { parseTopology, parseWholeTopology } from '../src/zeebe/parse.ts';
import type { Broker, PartitionGroup, Replica, Topology } from '../src/zeebe/topology.ts';
import { atOnce } from './at-once.ts';

export function leader(partition: number, facts: Partial<Replica> = {}): Replica {
  return { partition, role: 'leader', health: 'healthy', ...facts };
}

export function follower(partition: number, facts: Partial<Replica> = {}): Replica {
  return { partition, role: 'follower', health: 'healthy', ...facts };
}

/** A broker as answers without physical tenants list it. */
export interface ListedBroker extends Broker {
  readonly replicas: readonly Replica[];
}

export function broker(id: string, ...replicas: readonly Replica[]): ListedBroker {
  return { id, host: `zeebe-${id}`, port: '26501', version: '8.6.0', replicas };
}

type Facts = Omit<Topology, 'brokers' | 'groups'> & Omit<PartitionGroup, 'tenant' | 'brokers'>;

const threeOfEach: Facts = { clusterSize: 3, partitionsCount: 3, replicationFactor: 3, gatewayVersion: '8.6.0' };

/** Returns a topology; without other `facts`, of three brokers and three partitions with three replicas each. */
export function topology(brokers: readonly ListedBroker[], facts: Facts = {}): Topology {
  return exactTopology({ ...threeOfEach, ...facts }, brokers);
}

/** Returns a topology with these facts only. */
export function exactTopology(
  { partitionsCount, replicationFactor, lastCompletedChangeId, ...facts }: Facts,
  brokers: readonly ListedBroker[],
): Topology {
  const group = {
    ...omitUndefined({ partitionsCount, replicationFactor, lastCompletedChangeId }),
    brokers: brokers.map(({ id, replicas }) => ({ id, replicas })),
  };
  return { ...facts, brokers: brokers.map(({ replicas, ...facts }) => facts), groups: [group] };
}

/** A healthy cluster: every broker leads one partition and follows the two others. */
export const threeBrokers: readonly ListedBroker[] = [
  broker('0', leader(1), follower(2), follower(3)),
  broker('1', follower(1), leader(2), follower(3)),
  broker('2', follower(1), follower(2), leader(3)),
];

/** Returns the partitions of a topology without physical tenants. */
export function groupOf({ groups }: Topology): PartitionGroup {
  const [group] = groups;
  if (group === undefined || groups.length > 1) throw new Error(`${groups.length} groups, expected 1`);
  return group;
}

/** A gateway that does not know the topology yet. */
export const nothingKnown = exactTopology({ gatewayVersion: '8.6.0' }, []);

/** Returns the recorded answer of a real cluster. */
export function recorded(name: string): string {
  return readFileSync(new URL(`fixtures/zeebe-${name}.json`, import.meta.url), 'utf8');
}

/** Parses the topology of all physical tenants. Throws if it is malformed. */
export function wholeTopologyOf(answer: unknown): Topology {
  const parsed = atOnce(parseWholeTopology(JSON.stringify(answer)));
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.topology;
}

/** A physical tenant with the given replicas on each broker. */
export function tenant(
  id: string,
  brokers: Readonly<Record<string, readonly Replica[]>>,
  facts: Partial<PartitionGroup> = {},
): PartitionGroup {
  const replicas = Object.entries(brokers).map(([id, replicas]) => ({ id, replicas }));
  return { tenant: id, partitionsCount: 1, replicationFactor: 3, ...facts, brokers: replicas };
}

/** A cluster of three brokers with these physical tenants. */
export function tenants(...groups: readonly PartitionGroup[]): Topology {
  const brokers = ['0', '1', '2'].map((id) => ({ id, host: `zeebe-${id}`, port: '26501', version: '8.10.0' }));
  return { clusterSize: 3, gatewayVersion: '8.10.0', brokers, groups };
}

/** The replicas of a tenant with one partition, which broker 0 leads. */
export const onePartition = { '0': [leader(1)], '1': [follower(1)], '2': [follower(1)] } as const;
/** The same without a leader. */
export const oneWithoutLeader = { '0': [follower(1)], '1': [follower(1)], '2': [follower(1)] } as const;

/** Parses an answer, given as JSON or as a value. Throws if it is malformed. */
export function topologyOf(answer: unknown): Topology {
  const parsed = atOnce(parseTopology(typeof answer === 'string' ? answer : JSON.stringify(answer)));
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.topology;
}
