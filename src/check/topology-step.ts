import type { Authenticator } from '../auth/authenticator.ts';
import { withDeadline } from '../clock.ts';
import type { ApiVersion } from '../config/config.ts';
import type { TlsAlert } from '../failure.ts';
import { createPoll, type PollResult } from '../poll/poll.ts';
import { initialState, nextState } from '../poll/state.ts';
import { singleLine } from '../redact.ts';
import { createDispatcher } from '../transport/dispatcher.ts';
import type { Reply } from '../transport/reply.ts';
import { transportFailureOf } from '../transport/transport-failure.ts';
import { createClient } from '../zeebe/client.ts';
import type { Topology } from '../zeebe/topology.ts';
import { findingsOf } from '../zeebe/verdict.ts';
import { clusterEndpoint, hideRest } from './check-target.ts';
import { proxyBefore } from './diagnose-connection.ts';
import { topologyTrouble } from './diagnose-topology.ts';
import { type Conditions, shakeHands, speaksOnlyHttp2, waitForAlert } from './reachability.ts';
import type { Done, Step, Target, TokenFacts, TopologyFacts } from './steps.ts';

interface Credentials {
  /** A new one for each poll: what one learns is nothing to the next. */
  readonly authenticator: () => Authenticator;
  readonly token: TokenFacts | undefined;
}

/** The topology and what follows from it, polled, read and judged as the exporter does. */
export async function* topologySteps(
  target: Target,
  { authenticator, token }: Credentials,
  conditions: Conditions,
): AsyncGenerator<Step, void> {
  const { config } = target;
  const poll = (version: ApiVersion) => pollOnce(target, authenticator(), version, conditions);
  const { result, sent } = await poll(config.apiVersion);
  const { outcome, authentication } = result;
  if (outcome.ok) {
    yield { name: 'topology', status: 'ok', facts: topologyFacts(outcome.topology, sent, token) };
    yield verdictStep(target, result);
    return;
  }
  const diagnosis = await topologyTrouble({ failure: outcome.failure, authentication, sent, token }, target, {
    otherVersionWorks: async () => (await poll(config.apiVersion === 'v1' ? 'v2' : 'v1')).result.outcome.ok,
    speaksTls: () => speaksTls(target, conditions),
    speaksOnlyHttp2: () => speaksHttp2Instead(target, conditions),
    alert: () => alertOf(target, conditions),
  });
  yield { name: 'topology', status: 'failed', diagnosis };
}

interface Polled {
  readonly result: PollResult;
  /** The last thing that came from the cluster. */
  readonly sent: Reply | undefined;
}

async function pollOnce(
  target: Target,
  authenticator: Authenticator,
  apiVersion: ApiVersion,
  { clock, signal }: Conditions,
): Promise<Polled> {
  const { address, headers, transport, pollTimeout } = target.config;
  const hide = hideRest(target);
  const dispatcher = createDispatcher(transport, pollTimeout);
  const client = createClient({ address, apiVersion, headers, dispatcher, transport });
  let sent: Reply | undefined;
  const poll = createPoll({
    client: async (...request) => {
      sent = quotable(await client(...request), hide);
      return sent;
    },
    authenticator,
    pollTimeout,
    clock,
  });
  const result = await poll(signal);
  await dispatcher.destroy();
  return { result, sent };
}

function quotable(sent: Reply, hide: (text: string) => string): Reply {
  return sent.kind === 'answer' ? { ...sent, masked: (text) => hide(sent.masked(text)) } : sent;
}

/** Behind a proxy these would be asked of somebody else. */
function isProxied(target: Target): boolean {
  return proxyBefore(clusterEndpoint(target), target) !== undefined;
}

async function speaksTls(target: Target, { signal }: Conditions): Promise<boolean> {
  if (isProxied(target)) return false;
  const endpoint = clusterEndpoint(target);
  const handshake = withDeadline(endpoint.timeout, signal, (deadline) => shakeHands(endpoint, deadline));
  return handshake.then(
    () => true,
    () => false,
  );
}

async function speaksHttp2Instead(target: Target, { signal }: Conditions): Promise<boolean> {
  const endpoint = clusterEndpoint(target);
  if (endpoint.transport.enableHttp2 || isProxied(target)) return false;
  return withDeadline(endpoint.timeout, signal, (deadline) => speaksOnlyHttp2(endpoint, deadline));
}

/** A server that has something against a handshake says so at once. */
const longestSilence = 2_000;

async function alertOf(target: Target, { signal }: Conditions): Promise<TlsAlert | undefined> {
  if (isProxied(target)) return undefined;
  const endpoint = clusterEndpoint(target);
  const patience = Math.min(longestSilence, endpoint.timeout);
  const hangUp = withDeadline(patience, signal, (deadline) => waitForAlert(endpoint, deadline));
  return hangUp.then(
    () => undefined,
    (error) => transportFailureOf(error).alert,
  );
}

function topologyFacts(
  { brokers, clusterSize, partitionsCount, replicationFactor, gatewayVersion, clusterId }: Topology,
  sent: Reply | undefined,
  token: TokenFacts | undefined,
): TopologyFacts {
  return {
    url: sent?.kind === 'answer' ? sent.url.href : '',
    brokers: brokers.length,
    ...(clusterSize !== undefined && { cluster_size: clusterSize }),
    ...(partitionsCount !== undefined && { partitions: partitionsCount }),
    ...(replicationFactor !== undefined && { replication_factor: replicationFactor }),
    ...(gatewayVersion !== undefined && { gateway_version: singleLine(gatewayVersion) }),
    ...(clusterId !== undefined && { cluster_id: singleLine(clusterId) }),
    ...(token && { new_token: true }),
  };
}

function verdictStep({ config }: Target, result: PollResult): Done<'verdict'> {
  const { verdict, view } = nextState(initialState(config), result);
  const findings = view ? findingsOf(view.topology, view.partitions, view.missingBrokers) : [];
  return { name: 'verdict', status: 'ok', facts: { verdict, findings: findings.map(({ text }) => text) } };
}
