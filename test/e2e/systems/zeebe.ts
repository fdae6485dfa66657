import { join } from 'node:path';
import { expect } from 'vitest';
import { zeebe as artifacts } from '../artifacts.ts';
import { findJava, zeebeJava } from '../java.ts';
import { freePorts } from '../ports.ts';
import { alive, type Place, place, type Running, start } from '../process.ts';

export type ZeebeVersion = keyof typeof artifacts;

/** A broker with a gateway in it. It keeps its ports and its data over a stop or a kill. */
export interface Broker {
  readonly id: string;
  /** Where its gateway serves REST: known before the broker is up. */
  readonly address: string;
  /** The port that it tells other members and clients. */
  readonly port: string;
  /** Until it calls itself healthy. Does nothing where it is up. */
  start(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  stop(): Promise<void>;
  /** What it says of itself, past any gateway: its role (`leader`, `follower`) in each of its partitions. */
  roles(): Promise<Readonly<Record<string, string>>>;
}

export interface ClusterLayout {
  readonly version: ZeebeVersion;
  /** Every broker has a replica of every partition, and there are as many partitions as brokers. */
  readonly size: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Brokers of one cluster, none of them started yet. */
export async function layOutBrokers({ version, size, environment = {} }: ClusterLayout): Promise<Broker[]> {
  const nodes = await Promise.all(
    Array.from({ length: size }, async (_, nodeId) => {
      const [rest = 0, management = 0, grpc = 0, command = 0, internal = 0] = await freePorts(5);
      return { nodeId, rest, management, grpc, command, internal, at: await place(`zeebe-${version}-${nodeId}`) };
    }),
  );
  const contactPoints = nodes.map(({ internal }) => `127.0.0.1:${internal}`).join(',');
  const java = await findJava(zeebeJava);

  return nodes.map(({ nodeId, at, ...ports }) =>
    broker(version, nodeId, at, ports, {
      JAVA_HOME: java,
      JAVA_OPTS: '-Xms256m -Xmx768m',
      ZEEBE_BROKER_NETWORK_HOST: '127.0.0.1',
      SERVER_ADDRESS: '127.0.0.1',
      SERVER_PORT: `${ports.rest}`,
      MANAGEMENT_SERVER_ADDRESS: '127.0.0.1',
      MANAGEMENT_SERVER_PORT: `${ports.management}`,
      ZEEBE_BROKER_GATEWAY_NETWORK_PORT: `${ports.grpc}`,
      ZEEBE_BROKER_NETWORK_COMMANDAPI_PORT: `${ports.command}`,
      ZEEBE_BROKER_NETWORK_INTERNALAPI_PORT: `${ports.internal}`,
      ZEEBE_BROKER_DATA_DIRECTORY: join(at.data, 'data'),
      ZEEBE_BROKER_CLUSTER_NODEID: `${nodeId}`,
      ZEEBE_BROKER_CLUSTER_CLUSTERSIZE: `${size}`,
      ZEEBE_BROKER_CLUSTER_PARTITIONSCOUNT: `${size}`,
      ZEEBE_BROKER_CLUSTER_REPLICATIONFACTOR: `${size}`,
      ZEEBE_BROKER_CLUSTER_INITIALCONTACTPOINTS: contactPoints,
      ZEEBE_BROKER_EXPERIMENTAL_ROCKSDB_MEMORYLIMIT: '64MB',
      ...environment,
    }),
  );
}

/** A cluster of one, not started yet. */
export async function layOutBroker(
  version: ZeebeVersion,
  environment: Readonly<Record<string, string>> = {},
): Promise<Broker> {
  const [only] = await layOutBrokers({ version, size: 1, environment });
  if (only === undefined) throw new Error('A cluster of one has a broker');
  return only;
}

function broker(
  version: ZeebeVersion,
  nodeId: number,
  at: Place,
  ports: { readonly rest: number; readonly management: number; readonly command: number },
  environment: Readonly<Record<string, string>>,
): Broker {
  const executable = join(artifacts[version].folder, 'bin', 'broker');
  const actuator = `http://127.0.0.1:${ports.management}/actuator`;
  let running: Running | undefined;
  const end = async (how: 'kill' | 'stop') => {
    if (how === 'kill') running?.signal('SIGKILL');
    await running?.stop();
    running = undefined;
  };
  return {
    id: `${nodeId}`,
    address: `http://127.0.0.1:${ports.rest}`,
    port: `${ports.command}`,
    async start() {
      if (running !== undefined) return;
      running = start(at, [executable], environment);
      await alive(`Zeebe ${version}, broker ${nodeId}`, running, 180, async () => {
        const { status } = await fetch(`${actuator}/health`);
        expect(status).toBe(200);
      });
    },
    kill: () => end('kill'),
    stop: () => end('stop'),
    async roles() {
      const answer = await fetch(`${actuator}/partitions`);
      const partitions = (await answer.json()) as Record<string, { readonly role: string }>;
      return Object.fromEntries(Object.entries(partitions).map(([id, { role }]) => [id, role.toLowerCase()]));
    },
  };
}
