import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { pino } from 'pino';
import { request } from 'undici';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { startExporter } from '../../src/exporter.ts';
import { pick, randomFrom } from '../../src/simulator/random.ts';
import { byReason, countsOf } from '../faults/cluster-counts.ts';
import type { ConnectionHandler } from '../faults/connection-handlers.ts';
import { type Endpoint, goodBodies } from '../faults/endpoint-documents.ts';
import { faults } from '../faults/faults.ts';
import { clusterConfigFor, startHealthyCluster } from '../faults/healthy-servers.ts';
import { expectNoUnhandledErrors } from '../fuzz/unhandled-errors.ts';
import { withoutProxy } from '../transport/without-proxy.ts';
import { until } from './until.ts';

const seed = 20_261_124;
const clusters = 250;
/** Milliseconds: 125 polls a second. A pause of the machine of one second makes no poll miss its time. */
const timing = { pollInterval: 2_000, pollTimeout: 1_000 };
const polls = 20_000;
/** The share of faulty connections. The others are good, and are kept alive for a few polls. */
const faultyShare = 0.4;
/** Longer than any pause between token requests. */
const allPauses = 2 * 60 * 60 * 1000;

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

expectNoUnhandledErrors();
beforeAll(withoutProxy);

/** Returns the handlers of all faults except floods, which would measure the machine rather than the exporter. */
function handlersAt(endpoint: Endpoint): readonly ConnectionHandler[] {
  return faults
    .filter(({ name }) => !/endless|16 MB|more entries than any|bomb/.test(name))
    .flatMap(({ behaviours }) => behaviours(endpoint))
    .flatMap((behaviour) => (typeof behaviour === 'object' && !behaviour.tls ? [behaviour.handle] : []));
}

/** Starts a server with random faults in a share of its connections, until it is repaired. */
async function startRandomlyFaultyServer(endpoint: Endpoint) {
  const random = randomFrom(seed, endpoint);
  const handlers = handlersAt(endpoint);
  // A token with a lifetime of one second makes every poll request another one.
  const body = goodBodies[endpoint]('', '').replace(/"expires_in":\d+/, '"expires_in":1');
  const good = createHttpServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  });
  good.maxRequestsPerSocket = 3;
  const open = new Set<Socket>();
  let share = faultyShare;
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {}).on('close', () => open.delete(socket));
    const handle = random() < share ? pick(random, handlers) : undefined;
    if (handle) handle(socket, body);
    else good.emit('connection', socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => open.size,
    repair: () => {
      share = 0;
    },
  };
}

interface Sample {
  /** Bytes after a garbage collection. */
  readonly heap: number;
  readonly resources: number;
  readonly connections: number;
}

function median(samples: readonly Sample[], key: keyof Sample): number {
  const sorted = samples.map((sample) => sample[key]).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

describe(`${polls} polls of ${clusters} clusters with random faults`, () => {
  it('are on time, leak no memory, handles or connections, and succeed once the faults have ended', async () => {
    const cluster = await startRandomlyFaultyServer('cluster');
    const provider = await startRandomlyFaultyServer('token');
    const guarded = await startHealthyCluster(() => {});
    onTestFinished(guarded.close);
    let skipped = 0;
    const clock = { now: systemClock.now, monotonic: () => systemClock.monotonic() + skipped };
    const exporter = await startExporter(
      {
        // One in five clusters is healthy, but its token endpoint is faulty.
        clusters: Array.from({ length: clusters }, (_, index) => {
          const [endpoint, origin] =
            index % 5 === 0 ? (['token', provider.origin] as const) : (['cluster', cluster.origin] as const);
          return clusterConfigFor(endpoint, origin, guarded.origin, { name: `${endpoint}-${index}`, ...timing });
        }),
        web: { listenAddresses: [{ host: '127.0.0.1', port: 0 }], telemetryPath: '/metrics' },
        log: { level: 'info', format: 'json' },
      },
      pino({ level: 'info' }, { write: () => {} }),
      clock,
    );
    const startedAt = performance.now();
    let stopped = false;
    const stop = async () => {
      if (!stopped) await exporter.stop();
      stopped = true;
    };
    onTestFinished(stop);
    const readCounts = async () => {
      const { body } = await request(`http://${exporter.addresses[0]}/metrics`);
      return countsOf(await body.text());
    };
    const pollsOf = (counts: Awaited<ReturnType<typeof readCounts>>) =>
      [...counts.values()].map((each) => each.get('polls_total') ?? 0);
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

    const samples: Sample[] = [];
    for (let ended = 0; ended < polls; ) {
      await wait(3_000);
      ended = sum(pollsOf(await readCounts()));
      collectGarbage();
      samples.push({
        heap: process.memoryUsage().heapUsed + process.memoryUsage().external,
        resources: process.getActiveResourcesInfo().length,
        connections: cluster.connections() + provider.connections(),
      });
    }

    const readAt = performance.now();
    const counts = await readCounts();
    // The first polls of the clusters are spread over the interval, and the last poll may be in progress.
    const missing = [...counts].flatMap(([name, each]) => {
      const index = Number(name.split('-')[1]);
      const since = readAt - startedAt - (index * timing.pollInterval) / clusters;
      const missed = Math.floor(since / timing.pollInterval) - (each.get('polls_total') ?? 0);
      return missed > 0 ? [{ name, missed }] : [];
    });
    expect(missing).toEqual([]);
    const failures = sum([...counts.values()].flatMap((each) => Object.values(byReason(each, 'poll_failures_total'))));
    expect(failures).toBeGreaterThan(polls / 10);
    expect(failures).toBeLessThan(polls * 0.9);

    // The first half is ignored, since it includes compiling code and filling histories.
    const settled = samples.slice(Math.floor(samples.length / 2));
    const middle = Math.floor(settled.length / 2);
    const [early, late] = [settled.slice(0, middle), settled.slice(middle)];
    expect(median(late, 'heap')).toBeLessThan(1.05 * median(early, 'heap') + 2 * 1024 * 1024);
    expect(median(late, 'resources')).toBeLessThan(1.2 * median(early, 'resources') + 20);
    expect(median(late, 'connections')).toBeLessThan(1.2 * median(early, 'connections') + 20);
    expect(Math.max(...samples.map(({ connections }) => connections))).toBeLessThan(2 * clusters);

    cluster.repair();
    provider.repair();
    skipped = allPauses;
    await until('every cluster is up', 120, async () => {
      const ups = [...(await readCounts()).values()].map((each) => each.get('up'));
      expect(ups.filter((up) => up === 1)).toHaveLength(clusters);
    });
    await stop();
    await until('every connection is closed', 10, () => {
      expect(cluster.connections() + provider.connections()).toBe(0);
    });
  });
});
