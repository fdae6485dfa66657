import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import type { Logger } from 'pino';
import { contentTypes } from '../metrics/exposition.ts';
import type { Page } from '../metrics/page.ts';
import { negotiateFormat } from './negotiate.ts';
import type { StatusFeed } from './status-feed.ts';
import { statusPage } from './status-page.ts';

export interface AppOptions {
  readonly page: Page;
  readonly status: StatusFeed;
  /** How many clusters have not been polled yet. */
  readonly notYetPolled: () => number;
  readonly telemetryPath: string;
  readonly logger: Logger;
}

export function createApp({ page, status, notYetPolled, telemetryPath, logger }: AppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');

  const metrics: RequestHandler = async (request, response) => {
    const format = negotiateFormat(request.headers.accept);
    const encoding = request.acceptsEncodings(['gzip', 'identity']) === 'gzip' ? 'gzip' : 'identity';
    const body = await page.body(format, encoding);
    response.writeHead(200, {
      'content-type': contentTypes[format],
      'content-length': body.length,
      vary: 'accept, accept-encoding',
      ...(encoding === 'gzip' && { 'content-encoding': 'gzip' }),
    });
    response.end(body);
  };
  app.get(telemetryPath, metrics);

  app.get('/-/healthy', (_request, response) => {
    response.type('text').send('the exporter is running\n');
  });
  app.get('/-/ready', (_request, response) => {
    const waiting = notYetPolled();
    response.status(waiting === 0 ? 200 : 503).type('text');
    response.send(waiting === 0 ? 'every cluster has been polled\n' : `clusters not polled yet: ${waiting}\n`);
  });

  app.use(statusPage(status, telemetryPath));

  app.use((_request, response) => {
    response.status(404).type('text').send('no such path; / links to those there are\n');
  });
  app.use(failed(logger));
  return app;
}

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
      .send(expected ? 'bad request\n' : 'internal error; the log says why\n');
  };
}
