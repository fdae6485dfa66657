import { CoreV1Api } from '@kubernetes/client-node';
import { withDeadline } from '../clock.ts';
import type { Environment } from '../config/environment.ts';
import { errorText, singleLine } from '../redact.ts';
import { connectToApiServer } from './api-server.ts';
import { type ServiceWatch, type ServiceWatchOptions, watchServices } from './service-watch.ts';

export interface ServicesOptions extends Pick<ServiceWatchOptions, 'labelSelector' | 'onChange' | 'onEnd'> {
  readonly env: Environment;
  /** Absent: all namespaces. */
  readonly namespaces?: readonly string[];
}

/** The Services of Kubernetes in one namespace or in all, or why they cannot be listed and watched. */
export type ServicesOfNamespace = {
  /** Absent: all namespaces. */
  readonly namespace?: string;
} & (
  | { readonly ok: true; readonly current: () => readonly unknown[] }
  | { readonly ok: false; readonly problem: string }
);

export interface Services {
  readonly found: readonly ServicesOfNamespace[];
  /** Never rejects. */
  readonly readSecret: (namespace: string, name: string, signal: AbortSignal) => Promise<SecretReading>;
  /** Ends all requests. */
  readonly close: () => Promise<void>;
}

export type SecretReading =
  /** The values in Base64, by key. */
  | { readonly ok: true; readonly data: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly problem: string };

/** Milliseconds. */
const requestTimeout = 10_000;

/**
 * Lists and watches Services, with the credentials of this moment. Rejects with a `ConfigError` if the API server is
 * not configured.
 */
export async function openServices(
  { env, namespaces, ...options }: ServicesOptions,
  signal: AbortSignal,
): Promise<Services> {
  const apiServer = connectToApiServer(env, 'discovery.kubernetes');
  const watches: ServiceWatch[] = [];
  const open = async (namespace: string | undefined): Promise<ServicesOfNamespace> => {
    const scope = namespace === undefined ? {} : { namespace };
    try {
      const watch = await withDeadline(requestTimeout, signal, (deadline) =>
        watchServices(apiServer, { ...scope, ...options }, deadline),
      );
      watches.push(watch);
      return { ...scope, ok: true, current: watch.services };
    } catch (error) {
      return { ...scope, ok: false, problem: messageOf(error) };
    }
  };
  return {
    found: await Promise.all((namespaces ?? [undefined]).map(open)),
    readSecret: async (namespace, name, each) => {
      try {
        const api = apiServer.config.makeApiClient(CoreV1Api);
        const secret = await withDeadline(requestTimeout, each, (deadline) =>
          apiServer.send(deadline, (request) => api.readNamespacedSecret({ namespace, name }, request)),
        );
        return { ok: true, data: secret.data ?? {} };
      } catch (error) {
        return { ok: false, problem: messageOf(error) };
      }
    },
    close: async () => {
      for (const watch of watches) watch.close();
      await apiServer.close();
    },
  };
}

/** Returns the reason of a failed request in one line. */
function messageOf(error: unknown): string {
  return singleLine(errorText(error).message);
}
