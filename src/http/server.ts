import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import type { Logger } from 'pino';
import { sleep } from '../clock.ts';
import type { ListenAddress } from '../config/config.ts';
import type { WebConfigWatch } from '../config/web-config-watcher.ts';
import {
  type Connection,
  type ConnectionLimits,
  type Connections,
  connectionLimits,
  createConnections,
} from './connections.ts';
import { createTlsLayer, type TlsLayer } from './tls-server.ts';

// An import statement evaluates every export of the module, including Node.js' fetch and WebSocket: 20 ms and 14 MB.
const { createServer: createHttpServer } = process.getBuiltinModule('node:http');

/** Milliseconds that a closing server waits for requests in progress. */
const closeTimeout = 3_000;

export interface RunningServer {
  /** The address as bound, e.g. `127.0.0.1:10650` or `[::]:10650`. */
  readonly address: string;
  /** Completes the requests in progress, then closes all connections. */
  readonly close: () => Promise<void>;
}

export interface ListenOptions {
  /** Absent: plain HTTP. */
  readonly web?: WebConfigWatch | undefined;
  readonly limits?: ConnectionLimits;
  readonly logger?: Logger;
}

/** Starts a server. Rejects if it cannot bind the address. */
export async function listen(
  handler: RequestListener,
  { host, port }: ListenAddress,
  { web, limits = connectionLimits, logger }: ListenOptions = {},
): Promise<RunningServer> {
  const connections = createConnections(limits);
  const sockets = createSocketTable();
  const http = createHttpLayer(handler, sockets.connectionOf, (socket) => tls?.isOutdated(socket) === true);
  const tls: TlsLayer | undefined = web && createTlsLayer(web, { onSecure: http.serve, logger });

  const server = createTcpServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket, connections.register(socket));
    // TLS and HTTP add their error handlers later, and an error without a handler ends the process.
    socket.on('error', () => {});
    if (tls) void tls.secure(socket);
    else http.serve(socket);
  });
  server.listen({ port, ...(host !== undefined && { host }) });
  await once(server, 'listening');
  server.on('error', (error) => {
    // A server that no longer listens is useless: this ends the process.
    if (!server.listening) throw error;
    logger?.error({ err: error }, 'the server continues after an error');
  });
  return { address: boundAddress(server), close: () => close(server, connections) };
}

/** Serves HTTP on given sockets. Its server binds no address and has no timeouts: connections.ts has the deadlines. */
function createHttpLayer(
  handler: RequestListener,
  connectionOf: (socket: Socket) => Connection | undefined,
  isOutdated: (socket: Socket) => boolean,
) {
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    const connection = connectionOf(request.socket);
    // A connection that has been closed may have requests left in its buffer.
    if (!connection?.startRequest()) return;
    response.once('close', connection.endRequest);
    if (isOutdated(request.socket)) response.setHeader('connection', 'close');
    handler(request, response);
  };
  const server = createHttpServer({ keepAliveTimeout: 0 }, onRequest);
  server.on('checkContinue', onRequest);
  return { serve: (socket: Socket) => void server.emit('connection', socket) };
}

/** Finds the connection of a socket, also by the TLS socket that wraps it and has the same addresses. */
function createSocketTable() {
  const byAddresses = new Map<string, Connection>();
  const bySocket = new WeakMap<Socket, Connection>();
  return {
    add: (socket: Socket, connection: Connection) => {
      const addresses = addressesOf(socket);
      byAddresses.set(addresses, connection);
      socket.once('close', () => {
        if (byAddresses.get(addresses) === connection) byAddresses.delete(addresses);
      });
    },
    connectionOf: (socket: Socket): Connection | undefined => {
      const connection = bySocket.get(socket) ?? byAddresses.get(addressesOf(socket));
      if (connection) bySocket.set(socket, connection);
      return connection;
    },
  };
}

function addressesOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return [remoteAddress, remotePort, localAddress, localPort].join(' ');
}

async function close(server: Server, connections: Connections): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  const idle = new AbortController();
  void connections.whenIdle().then(() => idle.abort());
  await sleep(closeTimeout, idle.signal);
  connections.closeAll();
  await closed;
}

function boundAddress(server: Server): string {
  // `address` returns null for closed servers and a string for pipes: this one listens on TCP.
  const { address, family, port } = server.address() as AddressInfo;
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}
