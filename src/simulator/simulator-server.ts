import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { HttpReply } from './replies.ts';

export interface ServerOptions {
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** PEM. If set, the server accepts TLS only. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

interface RunningServer {
  readonly origin: string;
  /** Closes the server and every open connection. */
  readonly close: () => Promise<void>;
}

/** A response, or none: `silence` never answers, and `hang-up` closes the connection. */
export type ServerAnswer = HttpReply | 'silence' | 'hang-up';

/**
 * Starts a server that answers with the result of `answer`. `disconnected` aborts when the client's connection ends.
 * Rejects as `server.listen` does, for example with EADDRINUSE.
 */
export async function startServer(
  options: ServerOptions,
  answer: (request: IncomingMessage, disconnected: AbortSignal) => ServerAnswer | Promise<ServerAnswer>,
): Promise<RunningServer> {
  const handler = async (request: IncomingMessage, response: ServerResponse) => {
    const disconnected = new AbortController();
    response.on('close', () => disconnected.abort());
    try {
      send(response, await answer(request, disconnected.signal));
    } catch (error) {
      response.statusCode = 500;
      response.end(`The simulator failed: ${error instanceof Error ? error.message : error}\n`);
    }
  };
  const server = options.tls === undefined ? createServer(handler) : createTlsServer(options.tls, handler);
  const { host = '127.0.0.1', port = 0 } = options;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, resolve);
  });
  const address = server.address();
  const bound = typeof address === 'object' ? address?.port : port;
  const scheme = options.tls === undefined ? 'http' : 'https';
  return {
    origin: `${scheme}://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function send(response: ServerResponse, answer: ServerAnswer): void {
  if (answer === 'silence') return;
  if (answer === 'hang-up') {
    response.socket?.destroy();
    return;
  }
  response.statusCode = answer.status;
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
  response.end(answer.body);
}
