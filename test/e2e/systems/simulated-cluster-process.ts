import { createRemoteJWKSet } from 'jose';
import type { ClusterAuthentication } from '../../../src/simulator/cluster-authentication.ts';
import { empty, type HttpReply, json } from '../../../src/simulator/replies.ts';
import { startServer } from '../../../src/simulator/simulator-server.ts';
import { createSimulatedBrokers, type SimulatedBroker } from '../../simulator/simulated-brokers.ts';

// The process of a simulated cluster. Its only argument is the cluster's layout as JSON.

export interface ProcessLayout {
  readonly version: string;
  /** Serves /brokers/<id>, a broker's status, and /brokers/<id>/start, crash and stop, which answer with it too. */
  readonly controlPort: number;
  /** Every broker has a replica of every partition, and there are as many partitions as brokers. */
  readonly brokers: readonly BrokerPorts[];
  /** Absent: no authentication. */
  readonly tokens?: AcceptedTokens;
}

interface BrokerPorts {
  readonly rest: number;
  /** The port that the topology names for the broker; nothing listens there. */
  readonly command: number;
}

/** Tokens of an identity provider in another process. */
export interface AcceptedTokens {
  readonly issuerUrl: string;
  readonly keysUrl: string;
  readonly audience: string;
}

export interface BrokerStatus {
  readonly phase: ReturnType<SimulatedBroker['phase']>;
  readonly roles: ReturnType<SimulatedBroker['roles']>;
}

const { version, controlPort, brokers: ports, tokens }: ProcessLayout = JSON.parse(process.argv[2] ?? '');
const brokers = createSimulatedBrokers({
  version,
  partitions: ports.length,
  replicationFactor: ports.length,
  ports: ports.map(({ rest }) => rest),
  addressOf: (broker) => ({ host: '127.0.0.1', port: ports[broker]?.command ?? 0 }),
  authentication: tokens === undefined ? { method: 'none' } : acceptedTokens(tokens),
});

await startServer({ port: controlPort }, ({ url = '' }) => {
  const [, id, action = ''] = /^\/brokers\/(\d+)(?:\/(start|crash|stop))?$/.exec(url) ?? [];
  const broker = brokers[Number(id)];
  return broker === undefined ? empty(404) : control(broker, action);
});

async function control({ phase, roles, ...broker }: SimulatedBroker, action: string): Promise<HttpReply> {
  if (action === 'start') broker.start();
  if (action === 'crash') await broker.crash();
  if (action === 'stop') await broker.stop();
  const status: BrokerStatus = { phase: phase(), roles: roles() };
  return json(200, status);
}

function acceptedTokens({ issuerUrl, keysUrl, audience }: AcceptedTokens): ClusterAuthentication {
  // Cached for longer than a run takes, as clusters do: while the identity provider is down, tokens are still accepted.
  const keyOf = createRemoteJWKSet(new URL(keysUrl), { cacheMaxAge: 36_000_000 });
  return { method: 'oauth2', issuer: { issuerUrl, keyOf, introspect: (token) => token }, audience };
}
