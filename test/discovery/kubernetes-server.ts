import type { IncomingMessage, ServerResponse } from 'node:http';
import { stringify } from 'yaml';
import { httpServer } from '../transport/loopback.ts';

export interface ServiceManifest {
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: object;
}

export interface KubernetesServer {
  /** The content of a kubeconfig file. */
  readonly kubeconfig: string;
  /** Creates or replaces a Service. */
  readonly apply: (...services: readonly ServiceManifest[]) => void;
  readonly remove: (namespace: string, name: string) => void;
  readonly setSecret: (namespace: string, name: string, values: Readonly<Record<string, string>>) => void;
  /** Responds to requests whose path, with its query, contains `part` by `handler` instead, until the returned function is called. */
  readonly intercept: (part: string, handler: Handler) => () => void;
  /** Sends a line to all watches. */
  readonly sendToWatches: (line: string) => void;
  /** Closes the connections of all watches. */
  readonly cutWatches: () => void;
  /** Ends the responses of all watches, as an API server does after some minutes. */
  readonly endWatches: () => void;
  readonly watchCount: () => number;
  /** Paths with queries, in the order of their arrival. */
  readonly requests: readonly string[];
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

interface WatchRequest {
  readonly namespace: string | undefined;
  readonly response: ServerResponse;
}

interface Event {
  readonly version: number;
  readonly namespace: string;
  readonly line: string;
}

function send({ namespace, line }: Event, watch: WatchRequest): void {
  if (watch.namespace === undefined || watch.namespace === namespace) watch.response.write(line);
}

/** Starts an API server that has Services, which can be watched, and Secrets. */
export async function startKubernetesServer(): Promise<KubernetesServer> {
  const services = new Map<string, object>();
  const secrets = new Map<string, Readonly<Record<string, string>>>();
  const watches = new Set<WatchRequest>();
  const handlers = new Map<string, Handler>();
  const requests: string[] = [];
  let version = 1;
  const events: Event[] = [];
  const notify = (type: string, namespace: string, object: object) => {
    const event = { version, namespace, line: `${JSON.stringify({ type, object })}\n` };
    events.push(event);
    for (const watch of watches) send(event, watch);
  };
  /** Begins with the events after a version, as the API server does. */
  const watch = (namespace: string | undefined, after: number, response: ServerResponse) => {
    const own = { namespace, response };
    watches.add(own);
    response.on('close', () => watches.delete(own));
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    for (const event of events.filter((each) => each.version > after)) send(event, own);
  };
  const list = (namespace: string | undefined, response: ServerResponse) => {
    const keys = [...services.keys()].filter((key) => namespace === undefined || key.startsWith(`${namespace}/`));
    const items = keys.map((key) => services.get(key));
    respond(response, 200, { kind: 'ServiceList', metadata: { resourceVersion: String(version) }, items });
  };
  const handle: Handler = (request, response) => {
    const url = request.url ?? '';
    requests.push(url);
    const intercepted = [...handlers].find(([part]) => url.includes(part))?.[1];
    if (intercepted) return intercepted(request, response);
    const { pathname, searchParams } = new URL(url, 'http://api');
    const [, namespace, kind, name] =
      /^\/api\/v1(?:\/namespaces\/([^/]+))?\/(services|secrets)(?:\/(.+))?$/.exec(pathname) ?? [];
    if (kind === 'services' && searchParams.has('watch')) {
      return watch(namespace, Number(searchParams.get('resourceVersion')), response);
    }
    if (kind === 'services') return list(namespace, response);
    const data = secrets.get(`${namespace}/${name}`);
    return data
      ? respond(response, 200, { kind: 'Secret', data })
      : reject(response, 404, `secrets "${name}" not found`);
  };
  const server = await httpServer(handle);
  return {
    kubeconfig: kubeconfig(server),
    apply: (...changed) => {
      for (const { metadata, spec = {} } of changed) {
        const key = `${metadata.namespace}/${metadata.name}`;
        const type = services.has(key) ? 'MODIFIED' : 'ADDED';
        const service = { metadata: { ...metadata, resourceVersion: String(++version) }, spec };
        services.set(key, service);
        notify(type, metadata.namespace, service);
      }
    },
    remove: (namespace, name) => {
      const service = services.get(`${namespace}/${name}`);
      services.delete(`${namespace}/${name}`);
      version++;
      if (service) notify('DELETED', namespace, service);
    },
    setSecret: (namespace, name, values) => {
      const encoded = Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
      secrets.set(`${namespace}/${name}`, Object.fromEntries(encoded));
    },
    intercept: (part, handler) => {
      handlers.set(part, handler);
      return () => handlers.delete(part);
    },
    sendToWatches: (line) => {
      for (const { response } of watches) response.write(`${line}\n`);
    },
    cutWatches: () => {
      for (const { response } of watches) response.destroy();
    },
    endWatches: () => {
      for (const { response } of watches) response.end();
      watches.clear();
    },
    watchCount: () => watches.size,
    requests,
  };
}

function kubeconfig(server: string): string {
  return stringify({
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    // Without this, the client refuses plain HTTP.
    clusters: [{ name: 'test', cluster: { server: server.replace(/\/$/, ''), 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'test', user: { token: 't0k3n' } }],
  });
}

function respond(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

export function reject(response: ServerResponse, code: number, message: string): void {
  respond(response, code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, message });
}
