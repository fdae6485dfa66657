import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { stringify } from 'yaml';
import { httpServer } from '../transport/loopback.ts';

interface Lease {
  readonly metadata: { readonly name: string; readonly resourceVersion?: string };
  readonly spec: { readonly holderIdentity: string; readonly [field: string]: unknown };
}

export interface LeaseServer {
  /** The content of a kubeconfig file. */
  readonly kubeconfig: string;
  readonly lease: () => Lease | undefined;
  /** The headers `authorization` that have arrived. */
  readonly authorizations: readonly string[];
  /** Responds to all requests with this status from now on. */
  readonly fail: (status: number) => void;
}

/** Starts an API server that has the Leases of the namespace `monitoring` and behaves as the real one with their versions. */
export async function startLeaseServer(): Promise<LeaseServer> {
  let lease: Lease | undefined;
  let version = 0;
  let failure: number | undefined;
  const authorizations: string[] = [];
  const write = (response: ServerResponse, status: number, { metadata, spec }: Lease) => {
    lease = { metadata: { ...metadata, resourceVersion: String(++version) }, spec };
    respond(response, status, lease);
  };
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    authorizations.push(request.headers.authorization ?? '');
    const [path = ''] = request.url?.split('?') ?? [];
    if (failure !== undefined) return reject(response, failure, 'leases are forbidden');
    if (!path.startsWith('/apis/coordination.k8s.io/v1/namespaces/monitoring/leases')) {
      return reject(response, 404, 'the server could not find the requested resource');
    }
    switch (request.method) {
      case 'GET':
        return lease ? respond(response, 200, lease) : reject(response, 404, 'leases "exporter" not found');
      case 'POST':
        return lease
          ? reject(response, 409, 'leases "exporter" already exists')
          : write(response, 201, (await json(request)) as Lease);
      default: {
        const next = (await json(request)) as Lease;
        return next.metadata.resourceVersion === lease?.metadata.resourceVersion
          ? write(response, 200, next)
          : reject(response, 409, 'the object has been modified');
      }
    }
  };
  const server = await httpServer((request, response) => void handle(request, response));
  return {
    kubeconfig: stringify({
      'current-context': 'test',
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace: 'monitoring' } }],
      // Without this, the client refuses plain HTTP.
      clusters: [{ name: 'test', cluster: { server: server.replace(/\/$/, ''), 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'test', user: { token: 't0k3n' } }],
    }),
    lease: () => lease,
    authorizations,
    fail: (status) => {
      failure = status;
    },
  };
}

function respond(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function reject(response: ServerResponse, code: number, message: string): void {
  respond(response, code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, message });
}
