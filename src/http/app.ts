import type { RequestListener } from 'node:http';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { Page } from '../metrics/page.ts';
import type { Reloaded } from '../reload.ts';
import { sendExposition } from './exposition-answer.ts';
import { type ProbedClusters, probe } from './probe.ts';
import { serviceDiscovery } from './service-discovery.ts';
import type { StatusFeed } from './status-feed.ts';
import { statusPage } from './status-page.ts';

export interface AppOptions {
  readonly page: Page;
  readonly status: StatusFeed;
  readonly clusters: ProbedClusters;
  readonly reload: () => Promise<Reloaded>;
  readonly telemetryPath: string;
  readonly logger: Logger;
}

export function createApp({ page, status, clusters, reload, telemetryPath, logger }: AppOptions): RequestListener {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');

  app.use(onlyKnownMethods);

  app.get(telemetryPath, (request, response) => sendExposition(request, response, page.body));
  app.get('/probe', probe(clusters, page));
  app.get('/sd', serviceDiscovery(clusters));

  app.get('/-/healthy', (_request, response) => {
    response.type('text').send('the exporter is running\n');
  });
  app.get('/-/ready', (_request, response) => {
    const waiting = clusters.all().filter(({ polled }) => !polled()).length;
    response.status(waiting === 0 ? 200 : 503).type('text');
    response.send(waiting === 0 ? 'every cluster has been polled\n' : `clusters not polled yet: ${waiting}\n`);
  });

  app.post(reloadPath, async (_request, response) => {
    const { ok, message } = await reload();
    response.status(ok ? 200 : 500).type('text');
    response.send(`${message}\n`);
  });

  app.use(statusPage(status, telemetryPath));

  app.use((_request, response) => {
    response.status(404).type('text').send('no such path; / links to those there are\n');
  });
  app.use(failed(logger));

  // A scrape is most of what is asked, and express most of what a small one costs.
  return (request, response) => {
    if (request.method !== 'GET' || request.url !== telemetryPath) {
      app(request, response);
      return;
    }
    sendExposition(request, response, page.body).catch((error: unknown) => {
      logger.error({ err: error, path: telemetryPath }, 'a request failed');
      if (response.headersSent) response.destroy();
      else response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' }).end(internalError);
    });
  };
}

const internalError = 'internal error; the log says why\n';

const reloadPath = '/-/reload';

/** What changes nothing is read, what changes something is posted. */
const onlyKnownMethods: RequestHandler = (request, response, next) => {
  const allowed = request.path === reloadPath ? ['POST'] : ['GET', 'HEAD'];
  if (allowed.includes(request.method)) return next();
  response.setHeader('allow', allowed.join(', '));
  response
    .status(405)
    .type('text')
    .send(`${allowed.join(' and ')} only\n`);
};

/** Express hands on what a handler threw: the client learns that it failed, the log why. */
function failed(logger: Logger): ErrorRequestHandler {
  return (error, request, response, next) => {
    if (response.headersSent) return next(error);
    const status: unknown = error?.status;
    const expected = typeof status === 'number' && status >= 400 && status < 500;
    if (!expected) logger.error({ err: error, path: request.path }, 'a request failed');
    response
      .status(expected ? status : 500)
      .type('text')
      .send(expected ? 'bad request\n' : internalError);
  };
}
