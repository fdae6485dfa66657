import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A TCP proxy on 127.0.0.1 between an exporter and the API server. */
export interface Link {
  readonly port: number;
  /** Forwards nothing from now on, in either direction, and closes nothing: packets are lost. */
  readonly cut: () => void;
  readonly mend: () => void;
}

/** Starts a proxy to a port of 127.0.0.1, until the end of the test. */
export async function startLink(target: number): Promise<Link> {
  let isCut = false;
  const sockets = new Set<Socket>();
  const forward = (from: Socket, to: Socket) => {
    sockets.add(from);
    from.on('data', (chunk) => {
      if (!isCut) to.write(chunk);
    });
    from.on('error', () => to.destroy());
    from.on('close', () => {
      sockets.delete(from);
      if (!isCut) to.destroy();
    });
  };
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    forward(client, upstream);
    forward(upstream, client);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      isCut = true;
    },
    mend: () => {
      // What was lost does not arrive later.
      for (const socket of sockets) socket.destroy();
      isCut = false;
    },
  };
}
