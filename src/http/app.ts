import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { canonicalPath, webPaths } from '../config/web-paths.ts';
import type { Page } from '../metrics/page.ts';
import { isAllowedHost, isHealthCheck } from './access.ts';
import type { ExpressAppOptions } from './express-app.ts';
import { createSendMetrics } from './metrics-response.ts';
import { createProbe, type DebugCluster, type ProbedCluster, standbyText } from './probe.ts';
import { createBacklog, createSender, maxBacklog, type Sender, sendText } from './response.ts';
import { isRead, pathOf, sendHealthy } from './startup.ts';

export interface AppOptions extends ExpressAppOptions {
  readonly page: Page;
  readonly debug: DebugCluster;
  /** Absent: requests may be addressed to any host name. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** The clusters to be polled before the exporter is ready; undefined while they are unknown. By default, all. */
  readonly awaited?: (() => readonly ProbedCluster[] | undefined) | undefined;
  readonly logger: Logger;
}

/** Responds to a request. May reject. */
type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/**
 * Responds to the requests of all servers of the process, which share one backlog of unread responses. Frequent
 * requests are looked up in a table, since express would be most of their cost; express routes the others.
 */
export function createApp(
  options: AppOptions,
  load: () => Promise<typeof import('./express-app.ts')> = () => import('./express-app.ts'),
): RequestListener {
  const { allowedHosts, logger } = options;
  const sender = createSender(createBacklog(maxBacklog));
  const handleError = createErrorHandler(logger);
  const frequent = frequentRequests(options, sender);
  const loadExpressApp = memoizeSuccess(async () => (await load()).createExpressApp(options, sender, handleError));
  // Loaded in parallel with the first polls rather than by the first request for it: that one may arrive when no file
  // descriptors are left, and Node.js 22 does not retry an import that has failed.
  loadExpressApp().catch((error: unknown) => {
    logger.error({ err: error }, 'the status page could not be loaded; the next request for it tries again');
  });

  const respond: Handler = async (request, response) => {
    if (!isAllowedHost(request, allowedHosts) && !isHealthCheck(request)) {
      sendText(response, 403, 'the host name of this request is not in web.allowed_hosts');
      return;
    }
    const handler = isRead(request) ? frequent.get(pathOf(request)) : undefined;
    if (handler) await handler(request, response);
    else (await loadExpressApp())(request, response);
  };
  return async (request, response) => {
    try {
      await respond(request, response);
    } catch (error) {
      handleError(error, request, response);
    }
  };
}

/** The requests of scrapers and orchestrators, by the canonical form of their path. */
function frequentRequests(options: AppOptions, sender: Sender): ReadonlyMap<string, Handler> {
  const { page, clusters, debug, telemetryPath, awaited = clusters.all } = options;
  const sendMetrics = createSendMetrics(sender);
  return new Map<string, Handler>([
    [canonicalPath(telemetryPath), (request, response) => sendMetrics(request, response, page.body)],
    [webPaths.probe, createProbe({ clusters, debug, page, sender, sendMetrics })],
    [webPaths.healthy, (_request, response) => sendHealthy(response)],
    [
      webPaths.ready,
      (_request, response) => {
        if (clusters.standsBy()) sendText(response, 200, standbyText);
        else sendReady(response, awaited());
      },
    ],
  ]);
}

function sendReady(response: ServerResponse, awaited: readonly ProbedCluster[] | undefined): void {
  const waiting = awaited?.filter(({ ready }) => !ready()).length;
  if (waiting === undefined) sendText(response, 503, 'the clusters have not been discovered yet');
  else if (waiting === 0) sendText(response, 200, 'no cluster is waiting for its first poll');
  else sendText(response, 503, `clusters not polled yet: ${waiting}`);
}

/** Handles what any handler throws: tells the client that the request has failed, and the log why. */
function createErrorHandler(logger: Logger) {
  return (error: unknown, request: IncomingMessage, response: ServerResponse): void => {
    logger.error({ err: error, path: pathOf(request) }, 'a request failed');
    if (response.headersSent) response.destroy();
    else sendText(response, 500, 'internal error; see the log of the exporter');
  };
}

/** Returns the result of the first call of `make` that succeeds. Calls it again only after it has failed. */
function memoizeSuccess<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
