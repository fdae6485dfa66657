import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import { webPaths } from '../config/web-paths.ts';
import { isCrossOrigin } from './access.ts';
import type { ProbedClusters } from './probe.ts';
import { type Sender, sendText } from './response.ts';
import { serviceDiscovery } from './service-discovery.ts';
import { createStatusPage, type StatusPageOptions } from './status-page.ts';

export interface ExpressAppOptions extends StatusPageOptions {
  readonly clusters: ProbedClusters;
  readonly reload: ReloadConfiguration;
  /** Absent: `/sd` lists targets at the host of the request. */
  readonly externalUrl?: URL | undefined;
}

/** Reloads the configuration. `message` says what has changed, or why the configuration cannot be used. */
type ReloadConfiguration = () => Promise<{ readonly ok: boolean; readonly message: string }>;

type HandleError = (error: unknown, request: IncomingMessage, response: ServerResponse) => void;

/** Routes the requests for the status page, its data, service discovery and reloads, and rejects unknown paths. */
export function createExpressApp(
  { status, clusters, reload, telemetryPath, externalUrl }: ExpressAppOptions,
  sender: Sender,
  handleError: HandleError,
): RequestListener {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');

  app.route(webPaths.reload).post(reloadConfiguration(reload, sender)).all(allowOnly('POST'));
  app.use(allowOnly('GET', 'HEAD'));
  app.get(webPaths.serviceDiscovery, serviceDiscovery({ clusters, externalUrl }, sender));
  app.use(createStatusPage({ status, clusters, telemetryPath }, sender));
  app.use((_request, response) => sendText(response, 404, 'not found; / lists the paths'));

  // Express recognises an error handler by its four parameters.
  const onError: ErrorRequestHandler = (error, request, response, _next) => handleError(error, request, response);
  app.use(onError);
  return app;
}

function allowOnly(...methods: readonly string[]): RequestHandler {
  return (request, response, next) => {
    if (methods.includes(request.method)) return next();
    sendText(response, 405, `method not allowed; use ${methods.join(' or ')}`, { allow: methods.join(', ') });
  };
}

function reloadConfiguration(reload: ReloadConfiguration, { sendLongText }: Sender): RequestHandler {
  return async (request, response) => {
    if (isCrossOrigin(request)) {
      sendText(response, 403, 'web pages of another origin may not reload the configuration');
      return;
    }
    const { ok, message } = await reload();
    sendLongText(response, ok ? 200 : 500, message);
  };
}
