import { CoordinationV1Api, type V1Lease, type V1LeaseSpec, V1MicroTime } from '@kubernetes/client-node';
import type { Environment } from '../config/environment.ts';
import { connectToApiServer, namespaceOf, RejectedRequest, type RequestOptions } from '../kubernetes/api-server.ts';
import type { LeaseRecord, LeaseStore, StoredLease } from './lease.ts';

export interface KubernetesLeaseOptions {
  readonly name: string;
  /** Absent: the namespace of the pod, or of the current context of the kubeconfig file. */
  readonly namespace?: string;
  readonly env: Environment;
}

/** Throws a `ConfigError` if the API server is not configured, as `connectToApiServer` does. */
export function createKubernetesLease({ name, namespace, env }: KubernetesLeaseOptions): LeaseStore {
  const connect = () => connectToApiServer(env, '--leader-election');
  const lease = { name, namespace: namespace ?? namespaceOf(connect()) };
  const send = async (
    signal: AbortSignal,
    request: (api: CoordinationV1Api, options: RequestOptions) => Promise<V1Lease>,
  ): Promise<StoredLease> => {
    // Made again for each request: the kubelet replaces the token and the certificate of the API server.
    const apiServer = connect();
    try {
      const api = apiServer.config.makeApiClient(CoordinationV1Api);
      return storedLease(await apiServer.send(signal, (options) => request(api, options)));
    } finally {
      await apiServer.close();
    }
  };
  return {
    read: (signal) =>
      send(signal, (api, options) => api.readNamespacedLease(lease, options)).catch(resultIf(404, undefined)),
    create: (record, signal) => {
      const body = { metadata: { name }, spec: leaseSpec(record) };
      return send(signal, (api, options) => api.createNamespacedLease({ ...lease, body }, options)).catch(
        resultIf(409, 'conflict'),
      );
    },
    update: (record, version, signal) => {
      const body = { metadata: { name, resourceVersion: version }, spec: leaseSpec(record) };
      return send(signal, (api, options) => api.replaceNamespacedLease({ ...lease, body }, options)).catch(
        resultIf(409, 'conflict'),
      );
    },
  };
}

function resultIf<T extends 'conflict' | undefined>(status: number, result: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof RejectedRequest && error.status === status) return result;
    throw error;
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
