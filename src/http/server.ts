import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import type { Logger } from 'pino';
import { sleep } from '../clock.ts';
import type { ListenAddress } from '../config/config.ts';
import type { WebConfigWatch } from '../config/web-config-watcher.ts';
import { type Connection, type ConnectionLimits, connectionLimits, createConnections } from './connections.ts';
import { createTlsLayer } from './tls-server.ts';

// An import would load all that it could give, Node.js' own fetch and WebSocket too: 20 ms and 14 MB.
const { createServer: createHttpServer } = process.getBuiltinModule('node:http');

/** Milliseconds that requests in flight have to end when the server closes. */
const closingLasts = 3_000;

export interface RunningServer {
  /** As bound, e.g. `127.0.0.1:10650` or `[::]:10650`. */
  readonly address: string;
  /** Answers what is in flight, then closes. */
  readonly close: () => Promise<void>;
}

export interface ListenOptions {
  /** Absent: plain HTTP. */
  readonly web?: WebConfigWatch | undefined;
  readonly limits?: ConnectionLimits;
  readonly logger?: Logger;
}

/** Rejects where the address cannot be bound. */
export async function listen(
  handler: RequestListener,
  { host, port }: ListenAddress,
  { web, limits = connectionLimits, logger }: ListenOptions = {},
): Promise<RunningServer> {
  const connections = createConnections(limits);
  const byName = new Map<string, Connection>();
  const bySocket = new WeakMap<Socket, Connection>();
  const connectionOf = (socket: Socket): Connection | undefined => {
    const connection = bySocket.get(socket) ?? byName.get(nameOf(socket));
    if (connection) bySocket.set(socket, connection);
    return connection;
  };

  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    const connection = connectionOf(request.socket);
    // A connection that was cut may have left further requests behind.
    if (!connection?.asked()) return;
    response.once('close', connection.answered);
    if (tls?.isOutdated(request.socket)) response.setHeader('connection', 'close');
    handler(request, response);
  };
  // It binds nothing and is handed its connections, whose deadlines are those of the limits.
  const http = createHttpServer({ keepAliveTimeout: 0 }, onRequest);
  http.on('checkContinue', onRequest);
  const tls = web && createTlsLayer(web, { onSecure: (socket) => http.emit('connection', socket), logger });

  const server = createTcpServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const name = nameOf(socket);
    const connection = connections.open(socket);
    byName.set(name, connection);
    socket.once('close', () => {
      if (byName.get(name) === connection) byName.delete(name);
    });
    // It may fail before anybody else looks at it.
    socket.on('error', () => {});
    if (tls) void tls.secure(socket);
    else http.emit('connection', socket);
  });
  server.listen({ port, ...(host !== undefined && { host }) });
  await once(server, 'listening');
  server.on('error', (error) => {
    // Nobody would be heard any more: that ends the process.
    if (!server.listening) throw error;
    logger?.error({ err: error }, 'the server goes on after an error');
  });
  return {
    address: boundAddress(server),
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      const quiet = new AbortController();
      void connections.quiet().then(() => quiet.abort());
      await sleep(closingLasts, quiet.signal);
      // Answers that are not wholly sent yet, where there are any.
      connections.cutAll();
      await closed;
    },
  };
}

/** Both ends: what TLS wraps has the same. */
function nameOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return [remoteAddress, remotePort, localAddress, localPort].join(' ');
}

function boundAddress(server: Server): string {
  // A server that listens on TCP has an AddressInfo; null and string are for closed ones and pipes.
  const { address, family, port } = server.address() as AddressInfo;
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}
