import { join } from 'node:path';
import { expect } from 'vitest';
import { node } from '../exporter.ts';
import { freePorts } from '../ports.ts';
import { createSystemFolder, start, untilUp } from '../process.ts';
import { until } from '../until.ts';
import type { AcceptedTokens, BrokerStatus, ProcessLayout } from './simulated-cluster-process.ts';

/** A broker with an embedded gateway. It keeps its ports after a stop or a crash. */
export interface Broker {
  readonly id: string;
  /** The address of the REST API of its gateway, known before the broker is up. */
  readonly address: string;
  /** The host and the port that the topology names for it. */
  readonly host: string;
  readonly port: string;
  /** Starts the broker, and waits until it is up with all its partitions. Does nothing if it is up. */
  readonly start: () => Promise<void>;
  /** Closes the port of its gateway at once; the other brokers notice later, as after a SIGKILL. */
  readonly crash: () => Promise<void>;
  readonly stop: () => Promise<void>;
  /** Returns its role (`leader`, `follower`) in each of its partitions, without a request to a gateway. */
  readonly roles: () => Promise<BrokerStatus['roles']>;
}

/** The brokers of one cluster, in a separate process. */
export interface Cluster {
  readonly brokers: readonly Broker[];
  /** Ends the process. */
  readonly stop: () => Promise<void>;
}

interface ClusterLayout {
  readonly version: string;
  /** Every broker has a replica of every partition, and there are as many partitions as brokers. */
  readonly size: number;
  readonly tokens?: AcceptedTokens;
}

/** Creates a cluster whose brokers are not started yet. */
export async function layOutCluster({ version, size, tokens }: ClusterLayout): Promise<Cluster> {
  const name = `zeebe-${version}`;
  const [controlPort = 0, ...rest] = await freePorts(1 + size);
  const ports = rest.map((port, id) => ({ rest: port, command: 26_501 + 10 * id }));
  const layout: ProcessLayout = { version, controlPort, brokers: ports, ...(tokens && { tokens }) };
  const executable = join(import.meta.dirname, 'simulated-cluster-process.ts');
  const running = start(await createSystemFolder(name), [node, executable, JSON.stringify(layout)]);
  const control = async (path: string): Promise<BrokerStatus> => {
    const answer = await fetch(`http://127.0.0.1:${controlPort}/brokers/${path}`, { method: 'POST' });
    expect(answer.status).toBe(200);
    return (await answer.json()) as BrokerStatus;
  };
  await untilUp(name, running, 60, () => control('0'));
  const brokers = ports.map(({ rest, command }, id) => ({
    id: `${id}`,
    address: `http://127.0.0.1:${rest}`,
    host: '127.0.0.1',
    port: `${command}`,
    async start() {
      await control(`${id}/start`);
      await until(`broker ${id} is up`, 60, async () => expect((await control(`${id}`)).phase).toBe('up'));
    },
    crash: async () => void (await control(`${id}/crash`)),
    stop: async () => void (await control(`${id}/stop`)),
    roles: async () => (await control(`${id}`)).roles,
  }));
  return { brokers, stop: running.stop };
}

/** The only broker of its cluster. */
export interface SingleBroker extends Broker {
  /** Ends the cluster's process. */
  readonly end: () => Promise<void>;
}

/** Creates a cluster of one broker, which is not started yet. */
export async function layOutBroker(layout: Omit<ClusterLayout, 'size'>): Promise<SingleBroker> {
  const cluster = await layOutCluster({ ...layout, size: 1 });
  const [broker] = cluster.brokers;
  if (broker === undefined) throw new Error('A cluster of one has a broker');
  return { ...broker, end: cluster.stop };
}
