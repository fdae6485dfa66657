import { ApiException, KubeConfig, Observable, type ObservableMiddleware } from '@kubernetes/client-node';
import type { Dispatcher } from 'undici';
import type { Environment } from '../config/environment.ts';
import { ConfigError } from '../config/problem.ts';
import { isJsonObject, jsonObject } from '../json.ts';

// Loaded only by what needs it: the client takes half a second and 90 MB.

/** Connections to the API server, with the credentials as they were when they were made. */
export interface ApiServer {
  /** For clients of the library: all their requests use these connections. */
  readonly config: KubeConfig;
  /** Sends a request of such a client, until the signal aborts. Rejects with an error whose message is one line. */
  readonly send: <T>(signal: AbortSignal, request: (options: RequestOptions) => Promise<T>) => Promise<T>;
  /** Ends all requests. */
  readonly close: () => Promise<void>;
}

export interface RequestOptions {
  readonly middleware: ObservableMiddleware[];
  readonly middlewareMergeStrategy: 'append';
}

/**
 * Reaches the API server as the ServiceAccount of the pod, or as the kubeconfig file in KUBECONFIG describes. Throws a
 * `ConfigError` if there is neither, or if that file cannot be used. `setting` is what needs the API server.
 */
export function connectToApiServer(env: Environment, setting: string): ApiServer {
  const config = kubeConfig(env, setting);
  const authenticate = config.applySecurityAuthentication.bind(config);
  let dispatcher: Dispatcher | undefined;
  let isClosed = false;
  // The client makes an agent for each request, and closes none of them. One for all requests reuses its connections.
  config.applySecurityAuthentication = async (context) => {
    await authenticate(context);
    if (isClosed) throw new Error('the connections to the API server were closed');
    dispatcher ??= context.getDispatcher();
    if (dispatcher) context.setDispatcher(dispatcher);
  };
  return {
    config,
    send: async (signal, request) => {
      try {
        return await request({ middleware: [endedBy(signal)], middlewareMergeStrategy: 'append' });
      } catch (error) {
        throw requestError(error);
      }
    },
    close: async () => {
      isClosed = true;
      await dispatcher?.destroy();
    },
  };
}

/** Returns the namespace of the pod, or of the current context of the kubeconfig file. */
export function namespaceOf({ config }: ApiServer): string {
  return config.getContextObject(config.getCurrentContext())?.namespace ?? 'default';
}

function kubeConfig(env: Environment, setting: string): KubeConfig {
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
    throw new ConfigError([{ place: setting, expected, found: 'neither' }]);
  }
  return config;
}

/** Ends a request when the signal aborts. */
function endedBy(signal: AbortSignal): ObservableMiddleware {
  return {
    pre: (context) => {
      context.setSignal(signal);
      return new Observable(Promise.resolve(context));
    },
    post: (context) => new Observable(Promise.resolve(context)),
  };
}

/** The API server responded with a status that is not one of success. */
export class RejectedRequest extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(`the API server responded with ${status}: ${message}`);
    this.status = status;
  }
}

/**
 * Returns the reason why a request of the client failed. The message of a rejection is that of the API server: the
 * client's own one has the whole response in several lines. `fetch` says only that it has failed.
 */
export function requestError(error: unknown): unknown {
  if (error instanceof ApiException) return new RejectedRequest(error.code, messageIn(error.body));
  // A watch that is rejected.
  if (error instanceof Error && 'statusCode' in error) {
    return new RejectedRequest(Number(error.statusCode), error.message);
  }
  return error instanceof TypeError && error.cause instanceof Error ? error.cause : error;
}

/**
 * The client returns the Status object of a rejection as an object or as its JSON; a proxy may respond with other text.
 */
function messageIn(body: unknown): string {
  const status = typeof body === 'string' ? jsonObject(body) : body;
  return isJsonObject(status) && 'message' in status ? String(status.message) : 'no Status object of Kubernetes';
}
