import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { shareOfMemory } from '../memory.ts';
import type { Body } from '../metrics/page.ts';
import { clientNetwork } from './connections.ts';

type Headers = Readonly<Record<string, string>>;

/** Sends a line of plain text. For short ones: no backlog counts their bytes. */
export function sendText(response: ServerResponse, status: number, line: string, headers: Headers = {}): void {
  endWith(response, textBody(response, status, line, headers));
}

/** Sends responses whose size depends on the clusters, and counts them in a backlog until clients have read them. */
export interface Sender {
  /** Ends a response whose headers are set. */
  readonly sendBytes: (response: ServerResponse, body: Body) => void;
  /** Ends a response whose headers are set, except for the length. */
  readonly sendBuffer: (response: ServerResponse, buffer: Buffer) => void;
  /** Sends plain text whose length depends on the configuration. */
  readonly sendLongText: (response: ServerResponse, status: number, text: string) => void;
}

export function createSender(backlog: Backlog): Sender {
  const sendBytes: Sender['sendBytes'] = (response, body) => {
    endWith(response, body);
    if (hasUnsentBody(response)) backlog.add(response, body);
  };
  return {
    sendBytes,
    sendBuffer: (response, buffer) => {
      response.setHeader('content-length', buffer.length);
      sendBytes(response, [buffer]);
    },
    sendLongText: (response, status, text) => sendBytes(response, textBody(response, status, text)),
  };
}

/** Bytes that are encrypted at once. */
const tlsPartSize = 64 * 1024;

/**
 * Writes the body, none for HEAD. Over TLS, writes a large body part by part, as the client reads it: a TLS socket
 * encrypts all that is written to it at once, so that each slow reader would keep a copy of the body in memory. Without
 * TLS all readers share its bytes.
 */
function endWith(response: ServerResponse, body: Body): void {
  if (response.req.method === 'HEAD') {
    response.end();
  } else if (response.req.socket instanceof TLSSocket && lengthOf(body) > tlsPartSize) {
    Readable.from(partsOf(body), { highWaterMark: 1 }).pipe(response);
  } else {
    for (const bytes of body.slice(0, -1)) response.write(bytes);
    response.end(body.at(-1));
  }
}

function* partsOf(body: Body): Generator<Buffer> {
  for (const bytes of body) {
    for (let start = 0; start < bytes.length; start += tlsPartSize) yield bytes.subarray(start, start + tlsPartSize);
  }
}

/**
 * Whether a part of the body has not been handed to the operating system. A response has no socket while it waits for
 * those to earlier requests of the connection (pipelining).
 */
function hasUnsentBody({ req, writableEnded, writableLength, socket }: ServerResponse): boolean {
  return req.method !== 'HEAD' && (!writableEnded || writableLength > 0 || socket === null);
}

/** Writes the head of a response with plain text, and returns its body. */
function textBody(response: ServerResponse, status: number, text: string, headers: Headers = {}): Body {
  const body = Buffer.from(`${text}\n`);
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': body.length,
    ...headers,
  });
  return [body];
}

/** The responses that clients have not read yet. */
export interface Backlog {
  /** Counts a response until it has been sent. Above the limit, closes connections that have not read theirs. */
  readonly add: (response: ServerResponse, body: Body) => void;
}

/** Bytes that may wait for the clients of the process. */
export const maxBacklog = Math.min(64 * 1024 * 1024, shareOfMemory(1 / 16));

interface SlowReader {
  readonly network: string;
  readonly unread: Set<Body>;
  readonly close: () => void;
}

/**
 * Limits the bytes that wait for slow readers; bytes that several of them share count once. Above the limit, the
 * network with the most unread bytes in total loses the connection that has waited longest. Two of the largest response
 * are always allowed, so that clients that read one version of a very large page and clients that read the next one do
 * not close each other's connections.
 */
export function createBacklog(limit: number): Backlog {
  const readers = new Map<Socket, SlowReader>();
  const kept = createKeptBytes();

  const addReader = (socket: Socket): SlowReader => {
    const unread = new Set<Body>();
    const close = () => {
      for (const body of unread) kept.release(body);
      unread.clear();
      readers.delete(socket);
      socket.destroy();
    };
    socket.once('close', close);
    const reader = { network: clientNetwork(socket.remoteAddress), unread, close };
    readers.set(socket, reader);
    return reader;
  };

  return {
    add: (response, body) => {
      const { socket } = response.req;
      if (socket.destroyed) return;
      const { unread, close } = readers.get(socket) ?? addReader(socket);
      // A copy, since one connection may wait for the same body twice.
      const own = [...body];
      unread.add(own);
      kept.retain(own);
      response.once('close', () => {
        if (!unread.delete(own)) return;
        kept.release(own);
        if (unread.size > 0) return;
        readers.delete(socket);
        socket.off('close', close);
      });
      while (kept.size() > limit && kept.size() > 2 * largestUnread(readers.values())) {
        readerToClose([...readers.values()])?.close();
      }
    },
  };
}

/** Counts bytes that are kept for readers; those that several bodies share count once. */
function createKeptBytes() {
  const uses = new Map<Buffer, number>();
  let size = 0;
  return {
    size: () => size,
    retain: (body: Body) => {
      for (const buffer of body) {
        const count = uses.get(buffer) ?? 0;
        if (count === 0) size += buffer.length;
        uses.set(buffer, count + 1);
      }
    },
    release: (body: Body) => {
      for (const buffer of body) {
        const count = uses.get(buffer) ?? 0;
        if (count > 1) {
          uses.set(buffer, count - 1);
        } else {
          uses.delete(buffer);
          size -= buffer.length;
        }
      }
    },
  };
}

/** Returns the reader that has waited longest, of the network with the most unread bytes. */
function readerToClose(readers: readonly SlowReader[]): SlowReader | undefined {
  const sizes = new Map<string, number>();
  for (const { network, unread } of readers) {
    const size = [...unread].reduce((sum, body) => sum + lengthOf(body), sizes.get(network) ?? 0);
    sizes.set(network, size);
  }
  const max = Math.max(...sizes.values());
  return readers.find(({ network }) => sizes.get(network) === max);
}

function largestUnread(readers: Iterable<SlowReader>): number {
  return [...readers].reduce((largest, { unread }) => Math.max(largest, ...[...unread].map(lengthOf)), 0);
}

export function lengthOf(body: Body): number {
  return body.reduce((sum, { length }) => sum + length, 0);
}
