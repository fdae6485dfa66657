import { CoreV1Api, ListWatch, type V1Service, type V1ServiceList, Watch } from '@kubernetes/client-node';
import { rejectWhenAborted, sleep } from '../clock.ts';
import { isJsonObject } from '../json.ts';
import { type ApiServer, requestError } from './api-server.ts';

export interface ServiceWatchOptions {
  /** Absent: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector: string;
  /** Called after each change of a Service. */
  readonly onChange: () => void;
  /** Called when the API server ends the watch with an error, after which changes are no longer noticed. */
  readonly onEnd: () => void;
}

/** Services of Kubernetes that are followed by an informer. */
export interface ServiceWatch {
  /** Returns the Services as they are now. */
  readonly services: () => readonly V1Service[];
  /** Ends the watch. Its request ends with the connections to the API server. */
  readonly close: () => void;
}

/**
 * Resolves once the Services are listed and watched. Rejects if one of both fails, or if the signal aborts before. A
 * watch that the API server ends without an error is continued; one that is silent is requested again after 30 seconds.
 */
export async function watchServices(
  apiServer: ApiServer,
  { namespace, labelSelector, onChange, onEnd }: ServiceWatchOptions,
  signal: AbortSignal,
): Promise<ServiceWatch> {
  const api = apiServer.config.makeApiClient(CoreV1Api);
  const list = async (): Promise<V1ServiceList> => {
    const found = await apiServer.send(signal, (options) =>
      namespace === undefined
        ? api.listServiceForAllNamespaces({ labelSelector }, options)
        : api.listNamespacedService({ namespace, labelSelector }, options),
    );
    if (!isServiceList(found)) throw new Error('the API server responded with something else than a list of Services');
    return found;
  };
  const path = namespace === undefined ? '/api/v1/services' : `/api/v1/namespaces/${namespace}/services`;
  const closing = new AbortController();
  const informer = new ListWatch<V1Service>(path, createWatch(apiServer), list, false, labelSelector, undefined, {
    delayFn: (ms) => sleep(ms, closing.signal),
  });
  const close = () => {
    closing.abort();
    void informer.stop();
  };
  const failed = Promise.withResolvers<never>();
  informer.on('error', (error) => failed.reject(requestError(error)));
  try {
    // `start` resolves if it fails, too.
    await Promise.race([failed.promise, informer.start(), rejectWhenAborted(signal)]);
  } catch (error) {
    close();
    throw error;
  }
  informer.on('change', onChange);
  informer.on('error', onEnd);
  return { services: () => informer.list(), close };
}

/**
 * Returns a watch that reports all of its errors. That of the library rejects if there are no credentials, and the
 * informer rejects on an event without an object; nothing handles these rejections, so that they would end the process.
 */
function createWatch({ config }: ApiServer): Watch {
  const watch = new Watch(config);
  const connect = watch.watch.bind(watch);
  watch.watch = async (path, parameters, callback, done) => {
    try {
      const onEvent: typeof callback = (type, object, event) => {
        if (type === 'ERROR' ? isJsonObject(object) : hasMetadata(object)) callback(type, object, event);
      };
      return await connect(path, parameters, onEvent, done);
    } catch (error) {
      done(error);
      return new AbortController();
    }
  };
  return watch;
}

function isServiceList(list: unknown): boolean {
  return isJsonObject(list) && Array.isArray(list.items) && list.items.every(hasMetadata);
}

/** Whether it has what the informer reads, as Services and bookmarks do. */
function hasMetadata(object: unknown): boolean {
  return isJsonObject(object) && isJsonObject(object.metadata);
}
