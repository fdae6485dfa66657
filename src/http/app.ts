import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Reloaded } from '../cluster/reload.ts';
import type { Page } from '../metrics/page.ts';
import type { StatusFeed } from '../status/status-feed.ts';
import { isAllowedHost } from './access.ts';
import { sendExposition } from './metrics-response.ts';
import { type ProbedClusters, probe } from './probe.ts';
import { sendText } from './response.ts';

export interface AppOptions {
  readonly page: Page;
  readonly status: StatusFeed;
  readonly clusters: ProbedClusters;
  readonly reload: () => Promise<Reloaded>;
  readonly telemetryPath: string;
  /** Absent: all. */
  readonly allowedHosts?: readonly string[] | undefined;
  readonly logger: Logger;
}

/** Answers a request; may reject. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/**
 * Everything that the exporter answers. What machines ask every few seconds is answered at once; the rest by express,
 * which is most of what a small request costs. It is loaded beside the first polls, and not with the first request for
 * it: that one may come when the process is out of file descriptors, and Node.js 22 remembers such a failure for ever.
 */
export function createApp(
  options: AppOptions,
  load: () => Promise<typeof import('./express-app.ts')> = () => import('./express-app.ts'),
): RequestListener {
  const { logger, allowedHosts } = options;
  const handlers = handlersForMachines(options);
  const forPeople = untilItSucceeds(async () => (await load()).createExpressApp(handlers, options));
  const answerByExpress: Handler = async (request, response) => (await forPeople())(request, response);
  forPeople().catch((error: unknown) => {
    logger.error({ err: error }, 'the status page could not be loaded; the next request for it tries again');
  });

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (!isAllowedHost(request, allowedHosts) && !openPaths.includes(pathOf(request))) {
      sendText(response, 403, 'the host name of this request is not among web.allowed_hosts');
      return;
    }
    const handler = request.method === 'GET' ? handlers.get(pathOf(request)) : undefined;
    try {
      await (handler ?? answerByExpress)(request, response);
    } catch (error) {
      logger.error({ err: error, path: pathOf(request) }, 'a request failed');
      if (response.headersSent) response.destroy();
      else sendText(response, 500, internalError);
    }
  };
  return (request, response) => {
    void answer(request, response);
  };
}

/** Calls `make` once; again only after it has failed. */
function untilItSucceeds<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

export const internalError = 'internal error; the log says why';

/** By path. */
function handlersForMachines({ page, clusters, telemetryPath }: AppOptions): ReadonlyMap<string, Handler> {
  return new Map<string, Handler>([
    [telemetryPath, (request, response) => sendExposition(request, response, page.body)],
    ['/probe', probe(clusters, page)],
    [healthyPath, sendHealthy],
    [
      readyPath,
      (_request, response) => {
        const waiting = clusters.all().filter(({ polled }) => !polled()).length;
        if (waiting === 0) sendText(response, 200, 'every cluster has been polled');
        else sendText(response, 503, `clusters not polled yet: ${waiting}`);
      },
    ],
  ]);
}

/** What answers from the first moment on, while the rest of the exporter is still loaded. */
export interface Front {
  /** Tells that the process lives; whoever asks for more waits for the application. */
  readonly handler: RequestListener;
  /** From now on the application answers everything. */
  readonly open: (application: RequestListener) => void;
}

const healthyPath = '/-/healthy';
const readyPath = '/-/ready';

/** The paths that orchestrators ask, by any host name and without a password: their answers hold no secret. */
export const openPaths: readonly string[] = [healthyPath, readyPath];

function sendHealthy(_request: IncomingMessage, response: ServerResponse): void {
  sendText(response, 200, 'the exporter is running');
}

export function createFront(): Front {
  const { promise: application, resolve: open } = Promise.withResolvers<RequestListener>();
  let handler: RequestListener = (request, response) => {
    if (pathOf(request) === healthyPath && request.method === 'GET') sendHealthy(request, response);
    else void application.then((answer) => answer(request, response));
  };
  return {
    handler: (request, response) => handler(request, response),
    open: (application) => {
      handler = application;
      open(application);
    },
  };
}

/** As it was asked, without the query. */
export function pathOf({ url = '' }: IncomingMessage): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}
