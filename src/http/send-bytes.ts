import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { TLSSocket } from 'node:tls';

/** Bytes. */
const piece = 64 * 1024;

/**
 * Ends an answer with these bytes. Over TLS a piece after the other, as the client reads: TLS encrypts all that it is
 * given at once, so that each slow reader of a large page would hold a copy of it. Without TLS all hold the same.
 */
export function sendBytes(response: ServerResponse, bytes: Buffer): void {
  const isEncrypted = response.socket instanceof TLSSocket;
  if (!isEncrypted || bytes.length <= piece || response.req.method === 'HEAD') {
    response.end(bytes);
    return;
  }
  Readable.from(piecesOf(bytes), { highWaterMark: 1 }).pipe(response);
}

function* piecesOf(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += piece) yield bytes.subarray(start, start + piece);
}
