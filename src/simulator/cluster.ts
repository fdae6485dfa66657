import type { IncomingMessage } from 'node:http';
import { type Clock, systemClock } from './clock.ts';
import { type ClusterAuthentication, refusal } from './cluster-authentication.ts';
import { type ClusterModelOptions, simulateCluster } from './cluster-model.ts';
import type { ClusterState } from './cluster-state.ts';
import type { ClusterEvent } from './events.ts';
import { faultAnswer } from './http-fault.ts';
import { randomFrom } from './random.ts';
import { empty, html, json, problem } from './replies.ts';
import { type Answer, type ListenOptions, listen } from './server.ts';
import { featuresOf, topologyAnswer } from './topology.ts';

export interface SimulatedClusterOptions extends ClusterModelOptions, ListenOptions {
  /** Default none. */
  readonly authentication?: ClusterAuthentication;
  /** The path before `/v1/topology`, as `/<cluster id>` on SaaS. Default none. */
  readonly basePath?: string;
  /** SaaS's ingress refuses bad tokens and unknown paths itself, with nginx's pages. Default `none`. */
  readonly ingress?: 'none' | 'saas';
  /** The answer's `clusterId`, 8.9 on. Default empty: none configured. */
  readonly clusterId?: string;
  readonly clock?: Clock;
}

/** What became of the requests, for tests: `refused` are the 401, `other` faults and unknown paths. */
export type ClusterRequestCounts = Readonly<Record<'answered' | 'refused' | 'other', number>>;

export interface SimulatedCluster {
  /** Ends with a slash: append `v1/topology`. */
  readonly address: URL;
  readonly apply: (event: ClusterEvent) => void;
  /** The present state. */
  readonly state: () => ClusterState;
  readonly requests: () => ClusterRequestCounts;
  readonly close: () => Promise<void>;
}

/** A gateway of a simulated cluster, listening. Throws as simulateCluster does, rejects as `server.listen` does. */
export async function startSimulatedCluster(options: SimulatedClusterOptions = {}): Promise<SimulatedCluster> {
  const {
    seed = 1,
    clusterId = '',
    authentication = { method: 'none' },
    ingress = 'none',
    clock = systemClock,
  } = options;
  const basePath = `/${options.basePath ?? ''}/`.replaceAll(/\/+/g, '/');
  const model = simulateCluster(options);
  const startedAt = clock.now();
  const state = () => model.at(clock.now() - startedAt);
  const counts = { answered: 0, refused: 0, other: 0 };

  const refuser = ({ gatewayVersion }: ClusterState) => {
    if (ingress === 'saas') return 'nginx';
    if (featuresOf(gatewayVersion).ownAuthentication) return 'spring';
    return authentication.method === 'basic' ? 'nginx' : 'identity';
  };

  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const path = new URL(request.url ?? '/', 'http://gateway').pathname;
    const present = state();
    if (present.httpFault !== undefined) return faultAnswer(present.httpFault, path);
    const notFound =
      ingress === 'saas'
        ? html(404, '404 Not Found')
        : problem(404, 'Not Found', `No static resource ${path.slice(1)}.`, path);
    if (!path.startsWith(basePath)) return notFound;
    const endpoint = path.slice(basePath.length);
    const features = featuresOf(present.gatewayVersion);
    if (endpoint === 'v2/status' && features.status) return empty(hasHealthyLeader(present) ? 204 : 503);
    if (!/^v[12]\//.test(endpoint)) return notFound;
    const { authorization } = request.headers;
    const refused = await refusal(authentication, refuser(present), { authorization, path, now: clock.now() });
    if (refused !== undefined) return refused;
    if (endpoint !== 'v1/topology' && !(endpoint === 'v2/topology' && features.v2)) return notFound;
    if (request.method !== 'GET') {
      return problem(405, 'Method Not Allowed', `Method '${request.method}' is not supported.`, path, { allow: 'GET' });
    }
    const random = randomFrom(seed, 'order', counts.answered);
    return json(200, topologyAnswer(present, clusterId, random));
  };

  const server = await listen(options, async (request) => {
    const given = await answer(request);
    const status = typeof given === 'object' ? given.status : undefined;
    counts[status === 200 || status === 204 ? 'answered' : status === 401 ? 'refused' : 'other'] += 1;
    return given;
  });
  return {
    address: new URL(basePath, server.origin),
    apply: (event) => model.apply(event, clock.now() - startedAt),
    state,
    requests: () => ({ ...counts }),
    close: server.close,
  };
}

/** The rule of `GET /v2/status`. */
function hasHealthyLeader(state: ClusterState): boolean {
  return state.partitions.some(({ leader, replicas }) =>
    replicas.some(({ broker, health }) => broker === leader && health === 'healthy'),
  );
}
