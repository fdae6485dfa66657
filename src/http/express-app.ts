import type { RequestListener } from 'node:http';
import express, { type ErrorRequestHandler, type Request, type RequestHandler } from 'express';
import type { Logger } from 'pino';
import { isCrossOrigin } from './access.ts';
import { type AppOptions, type Handler, internalError } from './app.ts';
import type { ProbedClusters } from './probe.ts';
import { sendBuffer, sendText } from './response.ts';
import { statusPage } from './status-page.ts';

/** What people ask, and what is asked seldom; also the paths of `handlers`, where they are asked in another way. */
export function createExpressApp(
  handlers: ReadonlyMap<string, Handler>,
  { status, clusters, reload, telemetryPath, logger }: AppOptions,
): RequestListener {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');

  app.use(onlyKnownMethods);

  for (const [path, handler] of handlers) app.get(path, handler);
  app.get('/sd', serviceDiscovery(clusters));
  app.post(reloadPath, async (request, response) => {
    if (isCrossOrigin(request)) {
      sendText(response, 403, 'a page of another origin cannot ask for a reload');
      return;
    }
    const { ok, message } = await reload();
    sendText(response, ok ? 200 : 500, message);
  });

  app.use(statusPage(status, telemetryPath));

  app.use((_request, response) => sendText(response, 404, 'no such path; / links to those there are'));
  app.use(failed(logger));
  return app;
}

const reloadPath = '/-/reload';

/** What changes nothing is read, what changes something is posted. */
const onlyKnownMethods: RequestHandler = (request, response, next) => {
  const allowed = request.path === reloadPath ? ['POST'] : ['GET', 'HEAD'];
  if (allowed.includes(request.method)) return next();
  sendText(response, 405, `${allowed.join(' and ')} only`, { allow: allowed.join(', ') });
};

/** Express hands on what a handler threw: the client learns that it failed, the log why. */
function failed(logger: Logger): ErrorRequestHandler {
  return (error, request, response, next) => {
    if (response.headersSent) return next(error);
    const status: unknown = error?.status;
    const expected = typeof status === 'number' && status >= 400 && status < 500;
    if (!expected) logger.error({ err: error, path: request.path }, 'a request failed');
    sendText(response, expected ? status : 500, expected ? 'bad request' : internalError);
  };
}

/** Characters: a DNS name, a colon and a port. The answer repeats the host for each cluster. */
const longestHost = 253 + 6;

/**
 * `GET /sd`: a target for each cluster, as Prometheus' HTTP service discovery wants them
 * (https://prometheus.io/docs/prometheus/latest/http_sd/). The series have the cluster's name as `zeebe_cluster`
 * already: a target's label of that name would rename it. What tells the targets apart is `instance`.
 */
export function serviceDiscovery({ all }: ProbedClusters): RequestHandler {
  return (request, response) => {
    const host = hostOf(request);
    if (host.length > longestHost) {
      sendText(response, 400, `expected a Host of at most ${longestHost} characters`);
      return;
    }
    const groups = all().map(({ cluster: { name } }) => ({
      targets: [host],
      labels: {
        ...(request.secure && { __scheme__: 'https' }),
        __metrics_path__: '/probe',
        __param_cluster: name,
        instance: `${host}/${name}`,
      },
    }));
    sendBuffer(response.type('json'), Buffer.from(JSON.stringify(groups)));
  };
}

/** As the client calls this exporter; as it is bound where the client does not say. */
function hostOf({ headers, socket }: Request): string {
  const { localAddress = '', localPort } = socket;
  return headers.host ?? `${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`;
}
