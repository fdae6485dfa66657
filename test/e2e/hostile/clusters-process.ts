import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { attacks } from './attacks.ts';
import { type Counts, clusterCount, isHostileAt, pollInterval } from './schedule.ts';

/**
 * This process answers for all clusters of the soak test at `/<index>/v1/topology`, and returns its counts at `/counts`. It
 * is separate, so that making the answers does not block the event loop that measures the scrapes.
 */
const good = JSON.stringify({
  clusterSize: 1,
  partitionsCount: 1,
  replicationFactor: 1,
  gatewayVersion: '8.6.0',
  brokers: [
    {
      nodeId: 0,
      host: 'zeebe',
      port: 26501,
      version: '8.6.0',
      partitions: [{ partitionId: 1, role: 'leader', health: 'healthy' }],
    },
  ],
});

const startedAt = performance.now();
const seen = Array.from({ length: clusterCount }, () => ({ good: 0, hostile: 0, firstAt: Number.NaN }));
/** Milliseconds from the scheduled time of a poll to its request, of clusters that were not hostile. */
const lateness: number[] = [];

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, first = ''] = (request.url ?? '').split('/');
  if (first === 'counts') {
    const counts: Counts = { clusters: seen.map(({ good, hostile }) => ({ good, hostile })), lateness };
    response.end(JSON.stringify(counts));
    return;
  }
  const index = Number(first);
  const cluster = seen[index];
  if (!cluster) {
    response.writeHead(404).end();
    return;
  }
  const now = performance.now();
  if (Number.isNaN(cluster.firstAt)) cluster.firstAt = now;
  if (isHostileAt(index, now - startedAt)) {
    cluster.hostile++;
    const attack = attacks[(index + cluster.hostile) % attacks.length];
    await attack?.(request, response, cluster.hostile);
    return;
  }
  cluster.good++;
  const sinceSlot = (now - cluster.firstAt) % pollInterval;
  lateness.push(Math.min(sinceSlot, pollInterval - sinceSlot));
  response.writeHead(200, { 'content-type': 'application/json' }).end(good);
}

const server = createServer((request, response) => {
  response.on('error', () => {});
  void answer(request, response);
});
// Ends the process if the test that started it has ended without stopping it.
void wait(20 * 60_000, undefined, { ref: false }).then(() => process.exit(1));
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`port ${(server.address() as AddressInfo).port}\n`);
});
