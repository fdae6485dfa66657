import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { RequestHandler } from 'express';
import { sendBuffer } from './send-bytes.ts';

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
