import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import express, { type RequestHandler, type Router } from 'express';
import helmet from 'helmet';
import type { StatusFeed } from '../status/status-feed.ts';
import { negotiateEncoding } from './metrics-response.ts';
import { sendBuffer } from './response.ts';

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

interface PageFile {
  readonly type: string;
  readonly content: Buffer;
  readonly etag: string;
}

/** Serves the files of a folder from memory: no request opens a file, and all clients share the same bytes. */
export function pageFiles(folder: URL): RequestHandler {
  const files = new Map<string, PageFile>(
    readdirSync(folder).map((name) => {
      const content = readFileSync(new URL(name, folder));
      const etag = `"${createHash('sha256').update(content).digest('base64url')}"`;
      return [`/${name}`, { type: extname(name), content, etag }] as const;
    }),
  );
  return (request, response, next) => {
    const file = files.get(request.path);
    if (file === undefined) return next();
    response.setHeader('etag', file.etag);
    response.setHeader('cache-control', 'no-cache');
    if (request.fresh) {
      response.status(304).end();
      return;
    }
    sendBuffer(response.type(file.type), file.content);
  };
}
