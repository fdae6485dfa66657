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
import { pick, randomFrom } from '../../src/simulator/random.ts';
import { byReason, countsOf } from '../faults/counts.ts';
import { type Door, goodBodies } from '../faults/documents.ts';
import { faults } from '../faults/faults.ts';
import type { Meeting } from '../faults/meetings.ts';
import { goodCluster, watchedThrough } from '../faults/scene.ts';
import { expectNothingToEscape } from '../fuzz/escaping.ts';
import { startExporter } from '../start-exporter.ts';
import { withoutProxy } from '../transport/without-proxy.ts';
import { until } from './until.ts';

const seed = 20_261_124;
const clusters = 250;
/** Milliseconds: 125 polls a second, and a machine that stands still for a second makes none of them miss its time. */
const timing = { pollInterval: 2_000, pollTimeout: 1_000 };
const polls = 20_000;
/** Of connections; the others are good, and are kept for a few polls. */
const faultyShare = 0.4;
/** Longer than any pause that a token endpoint is given. */
const allPauses = 2 * 60 * 60 * 1000;

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

expectNothingToEscape();
beforeAll(withoutProxy);

/** Without those that flood: with them this would be a test of this machine. */
function meetingsAt(door: Door): readonly Meeting[] {
  return faults
    .filter(({ name }) => !/endless|16 MB|more than any|bomb/.test(name))
    .flatMap(({ behaviours }) => behaviours(door))
    .flatMap((behaviour) => (typeof behaviour === 'object' && !behaviour.tls ? [behaviour.meet] : []));
}

/** A server whose connections go wrong in any way, one in a few, until it is mended. */
async function faultyServer(door: Door) {
  const random = randomFrom(seed, door);
  const meetings = meetingsAt(door);
  // A token of a second makes every poll ask for another.
  const body = goodBodies[door]('', '').replace(/"expires_in":\d+/, '"expires_in":1');
  const good = createHttpServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  });
  good.maxRequestsPerSocket = 3;
  const open = new Set<Socket>();
  let share = faultyShare;
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {}).on('close', () => open.delete(socket));
    const meet = random() < share ? pick(random, meetings) : undefined;
    if (meet) meet(socket, body);
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
    mend: () => {
      share = 0;
    },
  };
}

interface Sample {
  /** Bytes after a collection. */
  readonly heap: number;
  readonly resources: number;
  readonly connections: number;
}

function median(samples: readonly Sample[], key: keyof Sample): number {
  const sorted = samples.map((sample) => sample[key]).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

describe(`${polls} polls of ${clusters} clusters that go wrong in any way`, () => {
  it('miss no time, leave nothing behind, and are all well again at the end', async () => {
    const cluster = await faultyServer('cluster');
    const provider = await faultyServer('token');
    const guarded = await goodCluster(() => {});
    onTestFinished(guarded.close);
    let skipped = 0;
    const clock = { now: systemClock.now, monotonic: () => systemClock.monotonic() + skipped };
    const exporter = await startExporter(
      {
        // One in five has a token, from an endpoint that goes wrong, for a cluster that does not.
        clusters: Array.from({ length: clusters }, (_, index) => {
          const [door, origin] =
            index % 5 === 0 ? (['token', provider.origin] as const) : (['cluster', cluster.origin] as const);
          return watchedThrough(door, origin, guarded.origin, { name: `${door}-${index}`, ...timing });
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
    // Each cluster's first poll is a little later than that of the one before it; the last may be under way.
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

    // The first half is for what is only there once: compiled code, histories that fill up.
    const settled = samples.slice(Math.floor(samples.length / 2));
    const middle = Math.floor(settled.length / 2);
    const [early, late] = [settled.slice(0, middle), settled.slice(middle)];
    expect(median(late, 'heap')).toBeLessThan(1.05 * median(early, 'heap') + 2 * 1024 * 1024);
    expect(median(late, 'resources')).toBeLessThan(1.2 * median(early, 'resources') + 20);
    expect(median(late, 'connections')).toBeLessThan(1.2 * median(early, 'connections') + 20);
    expect(Math.max(...samples.map(({ connections }) => connections))).toBeLessThan(2 * clusters);

    cluster.mend();
    provider.mend();
    skipped = allPauses;
    await until('every cluster is well', 120, async () => {
      const ups = [...(await readCounts()).values()].map((each) => each.get('up'));
      expect(ups.filter((up) => up === 1)).toHaveLength(clusters);
    });
    await stop();
    await until('every connection is closed', 10, () => {
      expect(cluster.connections() + provider.connections()).toBe(0);
    });
  });
});
