import type { Authenticator } from '../auth/authenticator.ts';
import { withDeadline } from '../clock.ts';
import { connect } from '../cluster/connection.ts';
import { createSharedTokens } from '../cluster/shared-tokens.ts';
import type { ApiVersion, ClusterConfig } from '../config/config.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { createPoll, type PollResult } from '../poll/poll.ts';
import { initialState, nextState } from '../poll/state.ts';
import { singleLine } from '../redact.ts';
import type { Reply } from '../transport/reply.ts';
import { transportFailureOf } from '../transport/transport-failure.ts';
import type { Client } from '../zeebe/client.ts';
import { findingsOf } from '../zeebe/findings.ts';
import { type Topology, tellsOfDefaultAlone } from '../zeebe/topology.ts';
import { clusterEndpoint, type Target } from './check-target.ts';
import { proxyBefore } from './diagnose-connection.ts';
import { diagnoseTopology, type Probes } from './diagnose-topology.ts';
import { shakeHands, speaksOnlyHttp2, waitForAlert } from './probes.ts';
import type { CheckContext, Done, Step, TokenFacts, TopologyFacts } from './steps.ts';

interface ClusterCredentials {
  /** Returns a new authenticator for each poll, so that polls do not affect each other. */
  readonly authenticator: () => Authenticator;
  readonly token: TokenFacts | undefined;
}

/** Polls the topology as the exporter does, and reports it and the verdict that follows from it. */
export async function* topologySteps(
  target: Target,
  { authenticator, token }: ClusterCredentials,
  context: CheckContext,
): AsyncGenerator<Step, void> {
  const { config } = target;
  const poll = (request: TopologyRequest) => pollOnce(target, authenticator(), request, context);
  const { result, reply } = await poll(config);
  const { outcome } = result;
  if (outcome.ok) {
    yield {
      name: 'topology',
      status: 'ok',
      facts: topologyFacts(outcome.topology, { address: config.address, reply, token }),
    };
    yield verdictStep(target, result);
    return;
  }
  const works = async (apiVersion: ApiVersion) => (await poll({ apiVersion })).result.outcome.ok;
  const diagnosis = await diagnoseTopology({ failure: outcome.failure, reply, token }, target, {
    otherVersionWorks: () => works(config.apiVersion === 'v1' ? 'v2' : 'v1'),
    defaultTenantWorks: () => works('v2'),
    ...handshakeProbes(target, context),
  });
  yield { name: 'topology', status: 'failed', diagnosis };
}

interface Polled {
  readonly result: PollResult;
  /** The last reply of the cluster; absent if nothing was sent. */
  readonly reply: Reply | undefined;
}

type TopologyRequest = Pick<ClusterConfig, 'apiVersion' | 'physicalTenants'>;

async function pollOnce(
  target: Target,
  authenticator: Authenticator,
  { apiVersion, physicalTenants }: TopologyRequest,
  { clock, signal }: CheckContext,
): Promise<Polled> {
  const { physicalTenants: _, ...config } = target.config;
  const { client, close } = connect(
    { ...config, apiVersion, ...omitUndefined({ physicalTenants }) },
    createSharedTokens(clock),
  );
  let reply: Reply | undefined;
  const recordingClient: Client = async (...request) => {
    reply = await client(...request);
    return reply;
  };
  const poll = createPoll({
    connection: async () => ({ client: recordingClient, authenticator, certificates: async () => ({}) }),
    pollTimeout: target.config.pollTimeout,
    physicalTenants,
    clock,
  });
  const result = await poll(signal);
  await close();
  return { result, reply };
}

/** A server that closes connections after a handshake does so at once. */
const maxAlertDelay = 2_000;

/** Handshakes with the cluster. None is carried out if a proxy would answer in its place. */
function handshakeProbes(
  target: Target,
  { signal }: CheckContext,
): Omit<Probes, 'otherVersionWorks' | 'defaultTenantWorks'> {
  const endpoint = clusterEndpoint(target);
  const isProxied = proxyBefore(endpoint, target) !== undefined;
  return {
    speaksTls: async () => {
      if (isProxied) return false;
      const handshake = withDeadline(endpoint.timeout, signal, (deadline) => shakeHands(endpoint, deadline));
      return handshake.then(
        () => true,
        () => false,
      );
    },
    speaksOnlyHttp2: async () => {
      if (isProxied || endpoint.transport.enableHttp2) return false;
      return withDeadline(endpoint.timeout, signal, (deadline) => speaksOnlyHttp2(endpoint, deadline));
    },
    alert: async () => {
      if (isProxied) return undefined;
      const timeout = Math.min(maxAlertDelay, endpoint.timeout);
      const closed = withDeadline(timeout, signal, (deadline) => waitForAlert(endpoint, deadline));
      return closed.then(
        () => undefined,
        (error) => transportFailureOf(error).alert,
      );
    },
  };
}

interface Received {
  readonly address: URL;
  readonly reply: Reply | undefined;
  readonly token: TokenFacts | undefined;
}

function topologyFacts(topology: Topology, { address, reply, token }: Received): TopologyFacts {
  const { brokers, groups, clusterSize, gatewayVersion, clusterId } = topology;
  const [only, ...others] = groups;
  const partitions = groups.flatMap(({ partitionsCount }) => partitionsCount ?? []);
  return {
    url: reply?.url.href ?? '',
    brokers: brokers.length,
    ...omitUndefined({
      cluster_size: clusterSize,
      physical_tenants: groups.every(({ tenant }) => tenant !== undefined) ? groups.length : undefined,
      partitions: partitions.length === 0 ? undefined : partitions.reduce((sum, count) => sum + count),
      replication_factor: others.length === 0 ? only?.replicationFactor : undefined,
      gateway_version: gatewayVersion === undefined ? undefined : singleLine(gatewayVersion),
      cluster_id: clusterId === undefined ? undefined : singleLine(clusterId),
    }),
    ...(token && { new_token: true }),
    ...(tellsOfDefaultAlone(address, topology) && { only_default_tenant: true }),
  };
}

function verdictStep({ config }: Target, result: PollResult): Done<'verdict'> {
  const { verdict, view } = nextState(initialState(config), result);
  const findings = view ? findingsOf(view) : [];
  return { name: 'verdict', status: 'ok', facts: { verdict, findings: findings.map(({ text }) => text) } };
}
