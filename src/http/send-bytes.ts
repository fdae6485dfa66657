import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { shareOfMemory } from '../memory.ts';
import type { Body } from '../metrics/page.ts';
import { createBacklog, lengthOf } from './backlog.ts';

/** Bytes. */
const piece = 64 * 1024;

/** Bytes that wait for clients, of all servers: the memory is that of the process. */
export const maxBacklog = Math.min(64 * 1024 * 1024, shareOfMemory(1 / 16));
const backlog = createBacklog(maxBacklog);

/**
 * Ends an answer with these bytes. Over TLS a piece after the other, as the client reads: TLS encrypts all that it is
 * given at once, so that each slow reader of a large page would hold a copy of it. Without TLS all hold the same.
 */
export function sendBytes(response: ServerResponse, body: Body): void {
  if (response.req.method === 'HEAD') {
    response.end();
    return;
  }
  if (response.req.socket instanceof TLSSocket && lengthOf(body) > piece) {
    Readable.from(piecesOf(body), { highWaterMark: 1 }).pipe(response);
    backlog.add(response, body);
    return;
  }
  for (const bytes of body.slice(0, -1)) response.write(bytes);
  response.end(body.at(-1));
  // What the client reads at once is with the operating system already. Pipelined answers have no socket yet.
  if (response.writableLength > 0 || response.socket === null) backlog.add(response, body);
}

/** Ends an answer of which all but the length has been said. */
export function sendBuffer(response: ServerResponse, buffer: Buffer): void {
  response.setHeader('content-length', buffer.length);
  sendBytes(response, [buffer]);
}

function* piecesOf(body: Body): Generator<Buffer> {
  for (const bytes of body) {
    for (let start = 0; start < bytes.length; start += piece) yield bytes.subarray(start, start + piece);
  }
}
