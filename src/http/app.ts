import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Page } from '../metrics/page.ts';
import type { Reloaded } from '../reload.ts';
import { sendExposition } from './exposition-answer.ts';
import { healthyPath, openPaths, readyPath, sendHealthy } from './front.ts';
import { isAllowedHost } from './hosts.ts';
import { pathOf } from './path-of.ts';
import { type ProbedClusters, probe } from './probe.ts';
import { sendText } from './send-text.ts';
import type { StatusFeed } from './status-feed.ts';

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
 * which is most of what a small request costs and a fifth of the memory: it is loaded when first needed.
 */
export function createApp(options: AppOptions): RequestListener {
  const { logger, allowedHosts } = options;
  const handlers = handlersForMachines(options);
  let forPeople: Promise<RequestListener> | undefined;
  const answerByExpress: Handler = async (request, response) => {
    forPeople ??= import('./express-app.ts').then(({ createExpressApp }) => createExpressApp(handlers, options));
    (await forPeople)(request, response);
  };

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
