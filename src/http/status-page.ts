import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import express, { type RequestHandler, type Router } from 'express';
import helmet from 'helmet';
import type { StatusFeed } from './status-feed.ts';

const files = new URL('public/', import.meta.url);

const compress = promisify(gzip);

/** The status page at `/`, the files that it is made of, and its data at `/api/v1/clusters`. */
export function statusPage(feed: StatusFeed, telemetryPath: string): Router {
  const router = express.Router();
  const index = readFileSync(new URL('index.html', files), 'utf8').replaceAll(
    'href="metrics"',
    () => `href="${attribute(relative(telemetryPath))}"`,
  );
  router.use(butNotOver(securityHeaders));
  router.get('/', (_request, response) => {
    response.setHeader('cache-control', 'no-cache');
    response.type('html').send(index);
  });
  router.get('/api/v1/clusters', clusters(feed));
  router.use(express.static(fileURLToPath(files), { index: false, redirect: false }));
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
    const json = Buffer.from(feed.json());
    if (request.acceptsEncodings(['gzip', 'identity']) !== 'gzip') {
      response.send(json);
      return;
    }
    response.setHeader('content-encoding', 'gzip');
    response.send(await compress(json, { level: constants.Z_BEST_SPEED }));
  };
}

/** Relative, so that the page works behind a proxy that adds a prefix. */
function relative(path: string): string {
  return `.${encodeURI(path)}`;
}

function attribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
}
