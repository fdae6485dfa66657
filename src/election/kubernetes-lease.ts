import {
  ApiException,
  CoordinationV1Api,
  KubeConfig,
  Observable,
  type ObservableMiddleware,
  type V1Lease,
  type V1LeaseSpec,
  V1MicroTime,
} from '@kubernetes/client-node';
import type { Dispatcher } from 'undici';
import type { Environment } from '../config/environment.ts';
import { ConfigError } from '../config/problem.ts';
import type { LeaseRecord, LeaseStore, StoredLease } from './lease.ts';

// Loaded only for leader election: the client takes half a second and 90 MB.

export interface KubernetesLeaseOptions {
  readonly name: string;
  /** Absent: the namespace of the pod, or of the current context of the kubeconfig file. */
  readonly namespace?: string;
  readonly env: Environment;
}

/**
 * Reaches the API server as the ServiceAccount of the pod, or as the kubeconfig file in KUBECONFIG describes. Throws a
 * `ConfigError` if there is neither, or if that file cannot be used.
 */
export function createKubernetesLease({ name, namespace, env }: KubernetesLeaseOptions): LeaseStore {
  const lease = { name, namespace: namespace ?? namespaceOf(kubeConfig(env)) };
  const send = async (
    signal: AbortSignal,
    request: (api: CoordinationV1Api, options: RequestOptions) => Promise<V1Lease>,
  ): Promise<StoredLease> => {
    const call = createCall(signal);
    try {
      // Read again for each request: the kubelet replaces the token and the certificate of the API server.
      return storedLease(await request(kubeConfig(env).makeApiClient(CoordinationV1Api), call.options));
    } catch (error) {
      throw error instanceof ApiException ? new RejectedRequest(error) : causeOf(error);
    } finally {
      await call.close();
    }
  };
  return {
    read: (signal) => send(signal, (api, options) => api.readNamespacedLease(lease, options)).catch(undefinedIf(404)),
    create: (record, signal) =>
      send(signal, (api, options) =>
        api.createNamespacedLease({ ...lease, body: { metadata: { name }, spec: leaseSpec(record) } }, options),
      ),
    update: (record, version, signal) => {
      const body = { metadata: { name, resourceVersion: version }, spec: leaseSpec(record) };
      return send(signal, (api, options) => api.replaceNamespacedLease({ ...lease, body }, options)).catch(
        (error: unknown) => {
          if (error instanceof RejectedRequest && error.status === 409) return 'conflict';
          throw error;
        },
      );
    },
  };
}

function undefinedIf(status: number): (error: unknown) => undefined {
  return (error) => {
    if (!(error instanceof RejectedRequest) || error.status !== status) throw error;
  };
}

/** Its message is that of the API server: the client's own one has the whole response in several lines. */
class RejectedRequest extends Error {
  readonly status: number;

  constructor({ code, body }: ApiException<unknown>) {
    super(`the API server responded with ${code}: ${messageIn(body)}`);
    this.status = code;
  }
}

/** The client returns the Status object of a rejection as an object or as its JSON; a proxy may respond with other text. */
function messageIn(body: unknown): string {
  const status = typeof body === 'string' ? parsed(body) : body;
  const hasMessage = typeof status === 'object' && status !== null && 'message' in status;
  return hasMessage ? String(status.message) : 'no Status object of Kubernetes';
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Returns the cause of a failed request, since `fetch` says only that it has failed. */
function causeOf(error: unknown): unknown {
  return error instanceof TypeError && error.cause instanceof Error ? error.cause : error;
}

function kubeConfig(env: Environment): KubeConfig {
  const config = new KubeConfig();
  if (env.KUBECONFIG) {
    try {
      config.loadFromFile(env.KUBECONFIG);
    } catch (error) {
      const found = error instanceof Error && 'code' in error ? String(error.code) : 'another file';
      throw new ConfigError([{ place: 'KUBECONFIG', expected: 'a kubeconfig file', found }]);
    }
  } else if (env.KUBERNETES_SERVICE_HOST) {
    config.loadFromCluster();
  } else {
    const expected = 'a pod of Kubernetes, or a kubeconfig file in KUBECONFIG';
    throw new ConfigError([{ place: '--leader-election', expected, found: 'neither' }]);
  }
  return config;
}

function namespaceOf(config: KubeConfig): string {
  return config.getContextObject(config.getCurrentContext())?.namespace ?? 'default';
}

interface RequestOptions {
  readonly middleware: ObservableMiddleware[];
  readonly middlewareMergeStrategy: 'append';
}

/** Ends a request when the signal aborts, and closes its connection, for which the client makes a new agent each time. */
function createCall(signal: AbortSignal): { readonly options: RequestOptions; readonly close: () => Promise<void> } {
  let dispatcher: Dispatcher | undefined;
  const middleware: ObservableMiddleware = {
    pre: (context) => {
      context.setSignal(signal);
      dispatcher = context.getDispatcher();
      return new Observable(Promise.resolve(context));
    },
    post: (context) => new Observable(Promise.resolve(context)),
  };
  return {
    options: { middleware: [middleware], middlewareMergeStrategy: 'append' },
    close: async () => dispatcher?.destroy(),
  };
}

function leaseSpec({ holder, durationSeconds, acquiredAt, renewedAt, transitions }: LeaseRecord): V1LeaseSpec {
  return {
    holderIdentity: holder,
    leaseDurationSeconds: durationSeconds,
    acquireTime: new V1MicroTime(acquiredAt),
    renewTime: new V1MicroTime(renewedAt),
    leaseTransitions: transitions,
  };
}

function storedLease({ metadata, spec }: V1Lease): StoredLease {
  return {
    version: metadata?.resourceVersion ?? '',
    record: {
      holder: spec?.holderIdentity ?? '',
      durationSeconds: spec?.leaseDurationSeconds ?? 0,
      acquiredAt: unixTime(spec?.acquireTime),
      renewedAt: unixTime(spec?.renewTime),
      transitions: spec?.leaseTransitions ?? 0,
    },
  };
}

/** The client returns a time with microseconds as text, in spite of its type. */
function unixTime(time: V1MicroTime | undefined): number {
  return time === undefined ? 0 : new Date(time).getTime();
}
