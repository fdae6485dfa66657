import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sleep } from '../clock.ts';
import type { ListenAddress } from '../config/config.ts';

/** Milliseconds that requests in flight have to end when the server closes. */
const closingLasts = 3_000;

export interface RunningServer {
  /** As bound, e.g. `127.0.0.1:10650` or `[::]:10650`. */
  readonly address: string;
  /** Answers what is in flight, then closes. */
  readonly close: () => Promise<void>;
}

/** Rejects where the address cannot be bound. */
export async function listen(handler: RequestListener, { host, port }: ListenAddress): Promise<RunningServer> {
  let inFlight = 0;
  let whenQuiet = () => {};
  const server = createServer((request, response) => {
    inFlight++;
    response.once('close', () => {
      inFlight--;
      if (inFlight === 0) whenQuiet();
    });
    handler(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host !== undefined && { host }) }, resolve);
  });
  return {
    address: boundAddress(server),
    close: async () => {
      const quiet = new AbortController();
      whenQuiet = () => quiet.abort();
      if (inFlight === 0) whenQuiet();
      await sleep(closingLasts, quiet.signal);
      await close(server);
    },
  };
}

function boundAddress(server: Server): string {
  // A server that listens on TCP has an AddressInfo; null and string are for closed ones and pipes.
  const { address, family, port } = server.address() as AddressInfo;
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Cuts answers that are not wholly sent yet: to be called when there are none. */
async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeAllConnections();
  await closed;
}
