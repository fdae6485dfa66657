import type { IncomingMessage } from 'node:http';
import { errors, jwtVerify } from 'jose';
import { bearerToken, type TokenIssuer } from '../../src/simulator/cluster-authentication.ts';
import { faultAnswer, type HttpFault } from '../../src/simulator/http-fault.ts';
import { json } from '../../src/simulator/replies.ts';
import { type ServerAnswer, type ServerOptions, startServer } from '../../src/simulator/simulator-server.ts';

/** The audience of the tokens that the Administration API accepts. */
const audience = 'api.cloud.camunda.io';

/** A cluster of the organization. Names need not be unique. */
export interface AdministeredCluster {
  readonly uuid: string;
  readonly name: string;
  /** As in addresses: `bru-2`. Default `bru-2`. */
  readonly region?: string;
  /** As in the Console. Default `Belgium, Europe (europe-west1)`. */
  readonly regionName?: string;
  /** Default `Production - S`. */
  readonly planType?: string;
  /** Default `Stable`. */
  readonly channel?: string;
  /** Default `Camunda 8.8.0`. */
  readonly generation?: string;
  /** Of the cluster and of each component. `Creating`: the links are missing. Default `Healthy`. */
  readonly status?: string;
  /** Overrides the status of single components, such as `zeebeStatus`; null: it is missing. */
  readonly statuses?: Readonly<Record<string, string | null>>;
}

export interface AdministrationOptions extends ServerOptions {
  readonly issuer: TokenIssuer;
  readonly clusters: readonly AdministeredCluster[];
}

export interface SimulatedAdministration {
  /** The base address. */
  readonly address: string;
  readonly setClusters: (clusters: readonly AdministeredCluster[]) => void;
  /** Responds in another way until it is called without a fault. */
  readonly setFault: (fault?: HttpFault) => void;
  readonly close: () => Promise<void>;
}

/** Starts the part of the Administration API of Camunda SaaS that lists clusters. Rejects as `server.listen` does. */
export async function startAdministration({
  issuer,
  ...options
}: AdministrationOptions): Promise<SimulatedAdministration> {
  let { clusters } = options;
  let fault: HttpFault | undefined;
  const server = await startServer(options, async (request): Promise<ServerAnswer> => {
    const { pathname } = new URL(request.url ?? '/', 'http://administration');
    if (fault) return faultAnswer(fault, pathname);
    if (pathname !== '/clusters' || request.method !== 'GET') return json(404, errorBody(404, 'Not Found'));
    if (!(await isAllowed(request, issuer))) return json(401, errorBody(401, 'Unauthorized'));
    return json(200, clusters.map(clusterBody));
  });
  return {
    address: server.origin,
    setClusters: (next) => {
      clusters = next;
    },
    setFault: (next) => {
      fault = next;
    },
    close: server.close,
  };
}

/** The bodies of errors are not documented; this is the form of the framework's default. */
function errorBody(statusCode: number, message: string) {
  return { statusCode, message };
}

async function isAllowed({ headers }: IncomingMessage, issuer: TokenIssuer): Promise<boolean> {
  const token = bearerToken(headers.authorization ?? '');
  if (token === undefined) return false;
  try {
    await jwtVerify(issuer.introspect(token), issuer.keyOf, { issuer: issuer.issuerUrl, audience });
    return true;
  } catch (error) {
    if (error instanceof errors.JOSEError) return false;
    throw error;
  }
}

/** The facts of plan, region, generation and channel are objects, each with an id of its own. */
function clusterBody(cluster: AdministeredCluster) {
  const { uuid, name, region = 'bru-2', status = 'Healthy', statuses = {} } = cluster;
  const { regionName = 'Belgium, Europe (europe-west1)', planType = 'Production - S' } = cluster;
  const { channel = 'Stable', generation = 'Camunda 8.8.0' } = cluster;
  const link = (component: string) => `https://${region}.${component}.camunda.io/${uuid}`;
  return {
    uuid,
    name,
    ownerId: '4f5a1c0e-7e07-4a52-8b0c-6a1a3c1b2d3e',
    created: '2026-01-01T00:00:00.000Z',
    autoUpdate: true,
    planType: named(planType),
    region: named(regionName),
    generation: named(generation),
    channel: named(channel),
    status: { ...statusesOf(status), ...statuses },
    links:
      status === 'Creating'
        ? {}
        : {
            zeebe: `${uuid}.${region}.zeebe.camunda.io`,
            operate: link('operate'),
            tasklist: link('tasklist'),
            optimize: link('optimize'),
            connectors: link('connectors'),
            console: `https://console.cloud.camunda.io/org/cluster/${uuid}`,
          },
  };
}

function named(name: string) {
  return { uuid: '9f0d5c6e-2b1a-4c3d-8e7f-112233445566', name };
}

function statusesOf(status: string): Readonly<Record<string, string>> {
  return {
    ready: status,
    zeebeStatus: status,
    operateStatus: status,
    tasklistStatus: status,
    optimizeStatus: status,
  };
}
