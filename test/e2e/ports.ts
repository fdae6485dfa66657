import { once } from 'node:events';
import { createServer } from 'node:net';

// Below the range from which the system selects ports for outgoing connections (from 32768 on). Such a connection could
// otherwise occupy the port of a server that is down and about to start again.
const first = 20_000;
const last = 32_000;
const returnedPorts = new Set<number>();

/** Returns free ports of 127.0.0.1, for servers that cannot select one themselves. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = first + Math.floor(Math.random() * (last - first));
    if (returnedPorts.has(port) || !(await isFree(port))) continue;
    returnedPorts.add(port);
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
