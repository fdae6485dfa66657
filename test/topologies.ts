import { readFileSync } from 'node:fs';
import { parseTopology } from '../src/zeebe/parse.ts';
import type { Broker, Replica, Topology } from '../src/zeebe/topology.ts';

export function leader(partition: number, facts: Partial<Replica> = {}): Replica {
  return { partition, role: 'leader', health: 'healthy', ...facts };
}

export function follower(partition: number, facts: Partial<Replica> = {}): Replica {
  return { partition, role: 'follower', health: 'healthy', ...facts };
}

export function broker(id: string, ...replicas: readonly Replica[]): Broker {
  return { id, host: `zeebe-${id}`, port: '26501', version: '8.6.0', replicas };
}

type Facts = Omit<Topology, 'brokers'>;

const threeOfEach: Facts = { clusterSize: 3, partitionsCount: 3, replicationFactor: 3, gatewayVersion: '8.6.0' };

/** Of three brokers, three partitions and three replicas each, unless said otherwise. */
export function topology(brokers: readonly Broker[], facts: Facts = {}): Topology {
  return { ...threeOfEach, ...facts, brokers };
}

/** The healthy cluster: every broker leads one partition and follows the two others. */
export const threeBrokers: readonly Broker[] = [
  broker('0', leader(1), follower(2), follower(3)),
  broker('1', follower(1), leader(2), follower(3)),
  broker('2', follower(1), follower(2), leader(3)),
];

/** A gateway that does not know the topology yet. */
export const nothingKnown: Topology = { brokers: [], gatewayVersion: '8.6.0' };

/** The answer of a real cluster, word for word. */
export function recorded(name: string): string {
  return readFileSync(new URL(`fixtures/zeebe-${name}.json`, import.meta.url), 'utf8');
}

/** Of an answer, as text or as the object that the text would hold. */
export function topologyOf(answer: unknown): Topology {
  const parsed = parseTopology(typeof answer === 'string' ? answer : JSON.stringify(answer));
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.topology;
}
