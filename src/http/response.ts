import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { shareOfMemory } from '../memory.ts';
import type { Body } from '../metrics/page.ts';
import { clientNetwork } from './connections.ts';

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

/** Answers with a line of plain text. */
export function sendText(
  response: ServerResponse,
  status: number,
  line: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = Buffer.from(`${line}\n`);
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': body.length,
    ...headers,
  });
  sendBytes(response, [body]);
}

/** The answers that clients have not read yet. */
export interface Backlog {
  /** Counts an answer until it has been sent. Over the limit, closes connections that have not read theirs. */
  readonly add: (response: ServerResponse, body: Body) => void;
}

interface Reader {
  readonly network: string;
  readonly answers: Set<Body>;
  readonly cut: () => void;
}

/**
 * Limits the bytes that are kept for slow readers; bytes that several of them read count once. Over the limit, the
 * network whose answers are the largest in all loses the connection that has waited longest. Two of the largest answer
 * are always kept: clients that read a page and the next one of a very large exposition do not displace each other.
 */
export function createBacklog(limit: number): Backlog {
  const readers = new Map<Socket, Reader>();
  const kept = createKeptBytes();

  const readerOf = (socket: Socket): Reader => {
    const answers = new Set<Body>();
    const cut = () => {
      for (const body of answers) kept.release(body);
      answers.clear();
      readers.delete(socket);
      socket.destroy();
    };
    socket.once('close', cut);
    return { network: clientNetwork(socket.remoteAddress), answers, cut };
  };

  return {
    add: (response, body) => {
      const { socket } = response.req;
      if (socket.destroyed) return;
      const reader = readers.get(socket) ?? readerOf(socket);
      readers.set(socket, reader);
      // An answer may be the same as another one of the same connection.
      const answer = [...body];
      reader.answers.add(answer);
      kept.retain(answer);
      response.once('close', () => {
        if (!reader.answers.delete(answer)) return;
        kept.release(answer);
        if (reader.answers.size > 0) return;
        readers.delete(socket);
        socket.off('close', reader.cut);
      });
      while (kept.bytes() > limit && kept.bytes() > 2 * largestAnswer(readers.values())) {
        firstToGo([...readers.values()])?.cut();
      }
    },
  };
}

/** Counts the bytes of answers, those that answers share once. */
function createKeptBytes() {
  const uses = new Map<Buffer, number>();
  let bytes = 0;
  return {
    bytes: () => bytes,
    retain: (body: Body) => {
      for (const buffer of body) {
        const count = uses.get(buffer) ?? 0;
        if (count === 0) bytes += buffer.length;
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
          bytes -= buffer.length;
        }
      }
    },
  };
}

function firstToGo(readers: readonly Reader[]): Reader | undefined {
  const sizes = new Map<string, number>();
  for (const { network, answers } of readers) {
    const size = [...answers].reduce((sum, body) => sum + lengthOf(body), sizes.get(network) ?? 0);
    sizes.set(network, size);
  }
  const most = Math.max(...sizes.values());
  return readers.find(({ network }) => sizes.get(network) === most);
}

function largestAnswer(readers: Iterable<Reader>): number {
  return [...readers].reduce((largest, { answers }) => Math.max(largest, ...[...answers].map(lengthOf)), 0);
}

export function lengthOf(body: Body): number {
  return body.reduce((sum, { length }) => sum + length, 0);
}
