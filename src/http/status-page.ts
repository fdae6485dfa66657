import { readFileSync } from 'node:fs';
import express, { type RequestHandler, type Router } from 'express';
import helmet from 'helmet';
import { negotiateEncoding } from './negotiate.ts';
import { pageFiles } from './page-files.ts';
import { sendBuffer } from './send-bytes.ts';
import type { StatusFeed } from './status-feed.ts';

const files = new URL('public/', import.meta.url);

/** The status page at `/`, the files that it is made of, and its data at `/api/v1/clusters`. */
export function statusPage(feed: StatusFeed, telemetryPath: string): Router {
  const router = express.Router();
  const index = Buffer.from(
    readFileSync(new URL('index.html', files), 'utf8').replaceAll(
      'href="metrics"',
      () => `href="${attribute(relative(telemetryPath))}"`,
    ),
  );
  router.use(butNotOver(securityHeaders));
  router.get('/', (_request, response) => {
    response.setHeader('cache-control', 'no-cache');
    sendBuffer(response.type('html'), index);
  });
  router.get('/api/v1/clusters', clusters(feed));
  router.use(pageFiles(files));
  return router;
}

/** Only the page's own files, and no inline script or style: text of a cluster cannot become anything else. */
const securityHeaders = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      connectSrc: ["'self'"],
      imgSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  frameguard: { action: 'deny' },
  // Over plain HTTP these would lock browsers out of pages that have no TLS, or complain in their consoles.
  strictTransportSecurity: false,
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
});

/** Headers that the operator has chosen for every answer stand. */
function butNotOver(defaults: RequestHandler): RequestHandler {
  return (request, response, next) => {
    const chosen = Object.entries(response.getHeaders());
    defaults(request, response, (error?: unknown) => {
      for (const [name, value = ''] of chosen) response.setHeader(name, value);
      next(error);
    });
  };
}

function clusters(feed: StatusFeed): RequestHandler {
  return async (request, response) => {
    response.setHeader('etag', feed.etag());
    response.setHeader('cache-control', 'no-cache');
    response.vary('accept-encoding');
    if (request.fresh) {
      response.status(304).end();
      return;
    }
    response.type('json');
    const { json, gzip } = feed.document();
    if (negotiateEncoding(request) === 'identity') {
      sendBuffer(response, json);
      return;
    }
    response.setHeader('content-encoding', 'gzip');
    sendBuffer(response, await gzip());
  };
}

/** Relative, so that the page works behind a proxy that adds a prefix. */
function relative(path: string): string {
  return `.${encodeURI(path)}`;
}

function attribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
}
