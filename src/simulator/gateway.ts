import type { IncomingMessage } from 'node:http';
import { type ClusterAdmin, clusterAdminRefusal, nobody, tenantRefusal } from './cluster-admin.ts';
import type { ClusterAuthentication, Credentials } from './cluster-authentication.ts';
import { clusterTopologyAnswer } from './cluster-topology-answer.ts';
import { type Route, routeOf } from './gateway-routes.ts';
import { faultAnswer } from './http-fault.ts';
import type { ModelState, ModelTenant } from './model-state.ts';
import { randomFrom } from './random.ts';
import { empty, type HttpReply, html, json, problem } from './replies.ts';
import { type ServerAnswer, type ServerOptions, startServer } from './simulator-server.ts';
import { featuresOf, topologyAnswer } from './topology-answer.ts';
import { type WallClock, wallClock } from './wall-clock.ts';

export interface GatewayOptions extends ServerOptions {
  /** Decides the order of brokers and partitions in each answer. Default 1. */
  readonly seed?: string | number;
  /** Default none. */
  readonly authentication?: ClusterAuthentication;
  /** How physical tenants authenticate, by id. Default as the cluster. */
  readonly tenantAuthentication?: Readonly<Record<string, ClusterAuthentication>>;
  /** Default nobody. From 8.10 on. */
  readonly clusterAdmin?: ClusterAdmin;
  /** The path before `/v1/topology`, for example `/<cluster id>` on SaaS. Default none. */
  readonly basePath?: string;
  /** The ingress of SaaS rejects bad tokens and unknown paths itself, with pages of nginx. Default `none`. */
  readonly ingress?: 'none' | 'saas';
  /** The answer's `clusterId`, from 8.9 on. Default empty, as in a cluster where none is configured. */
  readonly clusterId?: string;
  readonly clock?: WallClock;
}

/** Requests by outcome, for tests: `refused` are the 401s, `other` are 403s, faults and unknown paths. */
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
  options: AnswerOptions,
): Promise<ServerAnswer> {
  const path = new URL(request.url ?? '/', 'http://gateway').pathname;
  if (state.httpFault !== undefined) return faultAnswer(state.httpFault, path);
  const notFound =
    options.ingress === 'saas'
      ? html(404, '404 Not Found')
      : problem(404, 'Not Found', `No static resource ${path.slice(1)}.`, path);
  if (!path.startsWith(basePath)) return notFound;
  const route = routeOf(path.slice(basePath.length), state, options.ingress !== 'saas');
  switch (route.kind) {
    case 'not-found':
      return notFound;
    case 'unknown-tenant':
      return empty(404);
    case 'tenant-status':
      return empty(hasHealthyLeader(route.tenant) ? 204 : 503);
    case 'cluster-status':
      return clusterStatus(state);
  }
  const { authorization } = request.headers;
  const credentials = { authorization, path, now: (options.clock ?? wallClock).now() };
  const refused = await refusalOf(route, state, credentials, options);
  if (refused !== undefined) return refused;
  if (!route.exists) return notFound;
  if (request.method !== 'GET') {
    return problem(405, 'Method Not Allowed', `Method '${request.method}' is not supported.`, path, { allow: 'GET' });
  }
  const { seed = 1, clusterId = '', answered } = options;
  const random = randomFrom(seed, 'order', answered);
  return json(
    200,
    route.kind === 'cluster-api'
      ? clusterTopologyAnswer(state, clusterId, random)
      : topologyAnswer(state, clusterId, random, route.tenant),
  );
}

function refusalOf(
  route: Extract<Route, { exists: boolean }>,
  { gatewayVersion }: ModelState,
  credentials: Credentials,
  { authentication = { method: 'none' }, clusterAdmin = nobody(authentication), ...options }: GatewayOptions,
) {
  if (route.kind === 'cluster-api') return clusterAdminRefusal(clusterAdmin, credentials);
  const ofTenant = options.tenantAuthentication?.[route.tenant.id] ?? authentication;
  return tenantRefusal(ofTenant, clusterAdmin, refuserOf(gatewayVersion, ofTenant, options.ingress), credentials);
}

function refuserOf(gatewayVersion: string, { method }: ClusterAuthentication, ingress: GatewayOptions['ingress']) {
  if (ingress === 'saas') return 'nginx';
  if (featuresOf(gatewayVersion).ownAuthentication) return 'spring';
  return method === 'basic' ? 'nginx' : 'identity';
}

/** Names no tenant, as the endpoint needs no credentials. A tenant is healthy if it can process. */
function clusterStatus({ tenants }: ModelState): HttpReply {
  const healthy = [...tenants.values()].filter(hasHealthyLeader).length;
  const status = healthy === 0 ? 'DOWN' : healthy < tenants.size ? 'DEGRADED' : 'HEALTHY';
  return json(status === 'DOWN' ? 503 : 200, { status });
}

/** Applies the rule of `GET /v2/status`: some partition has a healthy leader. */
function hasHealthyLeader({ partitions }: Readonly<ModelTenant>): boolean {
  return partitions.some(({ leader, replicas }) =>
    replicas.some(({ broker, health }) => broker === leader && health === 'healthy'),
  );
}
