import type { IncomingMessage } from 'node:http';
import { type ClusterAuthentication, refusal } from './cluster-authentication.ts';
import { faultAnswer } from './http-fault.ts';
import type { ModelState } from './model-state.ts';
import { randomFrom } from './random.ts';
import { empty, html, json, problem } from './replies.ts';
import { type ServerAnswer, type ServerOptions, startServer } from './simulator-server.ts';
import { featuresOf, topologyAnswer } from './topology-answer.ts';
import { type WallClock, wallClock } from './wall-clock.ts';

export interface GatewayOptions extends ServerOptions {
  /** Decides the order of brokers and partitions in each answer. Default 1. */
  readonly seed?: string | number;
  /** Default none. */
  readonly authentication?: ClusterAuthentication;
  /** The path before `/v1/topology`, for example `/<cluster id>` on SaaS. Default none. */
  readonly basePath?: string;
  /** The ingress of SaaS rejects bad tokens and unknown paths itself, with pages of nginx. Default `none`. */
  readonly ingress?: 'none' | 'saas';
  /** The answer's `clusterId`, from 8.9 on. Default empty, as in a cluster where none is configured. */
  readonly clusterId?: string;
  readonly clock?: WallClock;
}

/** Requests by outcome, for tests: `refused` are the 401s, `other` are faults and unknown paths. */
type RequestCounts = Readonly<Record<'answered' | 'refused' | 'other', number>>;

export interface Gateway {
  /** Ends with a slash, so that `v1/topology` can be appended. */
  readonly address: URL;
  readonly requests: () => RequestCounts;
  readonly close: () => Promise<void>;
}

/** Serves the REST API for a cluster's state. Rejects as `server.listen` does. */
export async function startGateway(state: () => ModelState, options: GatewayOptions = {}): Promise<Gateway> {
  const basePath = `/${options.basePath ?? ''}/`.replaceAll(/\/+/g, '/');
  const counts = { answered: 0, refused: 0, other: 0 };
  const server = await startServer(options, async (request) => {
    const given = await answer(request, state(), basePath, { ...options, answered: counts.answered });
    const status = typeof given === 'object' ? given.status : undefined;
    counts[status === 200 || status === 204 ? 'answered' : status === 401 ? 'refused' : 'other'] += 1;
    return given;
  });
  return { address: new URL(basePath, server.origin), requests: () => ({ ...counts }), close: server.close };
}

interface AnswerOptions extends GatewayOptions {
  /** How many requests have been answered so far. */
  readonly answered: number;
}

async function answer(
  request: IncomingMessage,
  state: ModelState,
  basePath: string,
  { seed = 1, authentication = { method: 'none' }, clusterId = '', clock = wallClock, ...options }: AnswerOptions,
): Promise<ServerAnswer> {
  const path = new URL(request.url ?? '/', 'http://gateway').pathname;
  if (state.httpFault !== undefined) return faultAnswer(state.httpFault, path);
  const notFound =
    options.ingress === 'saas'
      ? html(404, '404 Not Found')
      : problem(404, 'Not Found', `No static resource ${path.slice(1)}.`, path);
  if (!path.startsWith(basePath)) return notFound;
  const endpoint = path.slice(basePath.length);
  const features = featuresOf(state.gatewayVersion);
  if (endpoint === 'v2/status' && features.status) return empty(hasHealthyLeader(state) ? 204 : 503);
  if (!/^v[12]\//.test(endpoint)) return notFound;
  const { authorization } = request.headers;
  const refuser = refuserOf(state, authentication, options.ingress);
  const refused = await refusal(authentication, refuser, { authorization, path, now: clock.now() });
  if (refused !== undefined) return refused;
  if (endpoint !== 'v1/topology' && !(endpoint === 'v2/topology' && features.v2)) return notFound;
  if (request.method !== 'GET') {
    return problem(405, 'Method Not Allowed', `Method '${request.method}' is not supported.`, path, { allow: 'GET' });
  }
  return json(200, topologyAnswer(state, clusterId, randomFrom(seed, 'order', options.answered)));
}

function refuserOf(
  { gatewayVersion }: ModelState,
  { method }: ClusterAuthentication,
  ingress: GatewayOptions['ingress'],
) {
  if (ingress === 'saas') return 'nginx';
  if (featuresOf(gatewayVersion).ownAuthentication) return 'spring';
  return method === 'basic' ? 'nginx' : 'identity';
}

/** Applies the rule of `GET /v2/status`: 204 if some partition has a healthy leader. */
function hasHealthyLeader(state: ModelState): boolean {
  return state.partitions.some(({ leader, replicas }) =>
    replicas.some(({ broker, health }) => broker === leader && health === 'healthy'),
  );
}
