import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { Body } from '../metrics/page.ts';

/** Bytes. */
const piece = 64 * 1024;

/**
 * Ends an answer with these bytes. Over TLS a piece after the other, as the client reads: TLS encrypts all that it is
 * given at once, so that each slow reader of a large page would hold a copy of it. Without TLS all hold the same.
 */
export function sendBytes(response: ServerResponse, body: Body): void {
  const isEncrypted = response.socket instanceof TLSSocket;
  if (isEncrypted && lengthOf(body) > piece && response.req.method !== 'HEAD') {
    Readable.from(piecesOf(body), { highWaterMark: 1 }).pipe(response);
    return;
  }
  for (const bytes of body.slice(0, -1)) response.write(bytes);
  response.end(body.at(-1));
}

export function lengthOf(body: Body): number {
  return body.reduce((sum, { length }) => sum + length, 0);
}

function* piecesOf(body: Body): Generator<Buffer> {
  for (const bytes of body) {
    for (let start = 0; start < bytes.length; start += piece) yield bytes.subarray(start, start + piece);
  }
}
