import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import helmet from 'helmet';
import { webPaths } from '../config/web-paths.ts';
import type { Selection, StatusFeed } from '../status/status-feed.ts';
import { negotiateEncoding } from './metrics-response.ts';
import { absenceResponse, type ProbedClusters } from './probe.ts';
import type { Sender } from './response.ts';
import { queryOf } from './startup.ts';

const folder = new URL('public/', import.meta.url);

export interface StatusPageOptions {
  readonly status: StatusFeed;
  readonly clusters: Pick<ProbedClusters, 'absence'>;
  readonly telemetryPath: string;
}

/** Serves the status page, its files and its data. */
export function createStatusPage({ status, clusters, telemetryPath }: StatusPageOptions, sender: Sender): Router {
  const router = express.Router();
  const index = Buffer.from(
    readFileSync(new URL('index.html', folder), 'utf8').replaceAll(
      'href="metrics"',
      () => `href="${attribute(relative(telemetryPath))}"`,
    ),
  );
  router.use(withoutOverriding(securityHeaders));
  router.get(webPaths.statusPage, (_request, response) => {
    response.setHeader('cache-control', 'no-cache');
    sender.sendBuffer(response.type('html'), index);
  });
  router.get(webPaths.clusters, sendClusters(status, clusters, sender));
  router.use(createPageFiles(folder, sender));
  return router;
}

/** Allows the page only its own files, and no inline script or style, so that text of a cluster is never executed. */
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
  // Over plain HTTP, browsers ignore these headers or log warnings. Behind a proxy with TLS, the first one would force
  // TLS on every port of the host name.
  strictTransportSecurity: false,
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
});

/** Sets the default headers, but keeps those that the web configuration has set. */
function withoutOverriding(setDefaults: RequestHandler): RequestHandler {
  return (request, response, next) => {
    const configured = Object.entries(response.getHeaders());
    setDefaults(request, response, (error?: unknown) => {
      for (const [name, value = ''] of configured) response.setHeader(name, value);
      next(error);
    });
  };
}

function sendClusters(
  feed: StatusFeed,
  { absence }: StatusPageOptions['clusters'],
  { sendBuffer, sendLongText }: Sender,
): RequestHandler {
  return async (request, response) => {
    response.vary('accept-encoding');
    const selection = selectionIn(request);
    const document = feed.documentOf(selection);
    if (!document) {
      sendLongText(response, ...absenceResponse(absence(selection.cluster ?? '')));
      return;
    }
    if (isNotModified(request, response, document.etag)) return;
    response.type('json');
    if (negotiateEncoding(request) === 'identity') {
      sendBuffer(response, await document.json());
      return;
    }
    response.setHeader('content-encoding', 'gzip');
    sendBuffer(response, await document.gzip());
  };
}

/** Reads `?cluster=NAME` and `?summary=true`. */
function selectionIn({ originalUrl }: Request): Selection {
  const query = queryOf(originalUrl);
  return { cluster: query.get('cluster') ?? undefined, isSummary: query.get('summary') === 'true' };
}

/** Sets the entity tag. Responds with 304 and returns true if the client has that version. */
function isNotModified(request: Request, response: Response, etag: string): boolean {
  response.setHeader('etag', etag);
  response.setHeader('cache-control', 'no-cache');
  if (!request.fresh) return false;
  response.status(304).end();
  return true;
}

/** Makes a path relative, so that the page also works behind a proxy that adds a prefix. */
function relative(path: string): string {
  return `.${encodeURI(path)}`;
}

function attribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
}

/** Serves the files of a folder from memory: requests open no files, and all clients share the same bytes. */
export function createPageFiles(folder: URL, { sendBuffer }: Sender): Router {
  const router = express.Router();
  for (const name of readdirSync(folder)) {
    const content = readFileSync(new URL(name, folder));
    const etag = `"${createHash('sha256').update(content).digest('base64url')}"`;
    router.get(`/${name}`, (request, response) => {
      if (!isNotModified(request, response, etag)) sendBuffer(response.type(extname(name)), content);
    });
  }
  return router;
}
