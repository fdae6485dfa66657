import { once } from 'node:events';
import { createServer } from 'node:net';

// Below the range from which the system picks ports for outgoing connections (32768 on): one of those could sit on the
// port of a server that is down when it wants it back.
const first = 20_000;
const last = 32_000;
const handedOut = new Set<number>();

/** Ports on the loopback that nobody listens on, for servers that cannot be told to pick one themselves. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = first + Math.floor(Math.random() * (last - first));
    if (handedOut.has(port) || !(await isFree(port))) continue;
    handedOut.add(port);
    ports.push(port);
  }
  return ports;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
