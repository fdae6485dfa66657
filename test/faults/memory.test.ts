import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { neverAborted, tokenEndpoint } from '../auth/asking.ts';
import { pollOf } from '../auth/poll-of.ts';
import { client, cluster, configOf, healthy, ofCluster, start } from '../exporting.ts';
import { withoutProxy } from '../transport/without-proxy.ts';
import { flood, head, json } from './connection-handlers.ts';
import { goodBodies } from './endpoint-documents.ts';
import { type Behaviour, faults } from './faults.ts';
import { startFaultyServer } from './faulty-server.ts';

function behavioursOf(name: string): readonly Behaviour[] {
  return faults.filter((fault) => fault.name.startsWith(name)).flatMap(({ behaviours }) => behaviours('cluster'));
}

/** Sends 15 MiB of a repeated part, which would need half a gigabyte once parsed. */
function repeat15MiB(part: string): Behaviour {
  const piece = part.repeat(64 * 1024);
  const pieces = Math.floor((15 * 1024 * 1024) / piece.length);
  const length = { 'content-length': `${pieces * piece.length}`, connection: 'close' };
  return { handle: flood(head(200, { ...json, ...length }), piece, pieces) };
}

/**
 * The additional peak memory that is allowed, in MiB. A response of 16 MiB is in memory as chunks, as one buffer and as text,
 * beside garbage that is not collected yet; the server that sends it is in the same process.
 */
const floods: readonly (readonly [name: string, maxMebibytes: number, behaviours: readonly Behaviour[]])[] = [
  ['gzip bomb', 192, behavioursOf('gzip bomb')],
  ['16 MB of headers', 64, behavioursOf('16 MB of headers')],
  ['endless error response', 64, behavioursOf('endless error response')],
  ['endless body', 384, behavioursOf('endless body')],
  ['15 MiB of lists and objects', 256, ['[', '[],', '{},', '{"brokers":'].map(repeat15MiB)],
];

describe('the memory for a response is limited', () => {
  it.each(floods)('%s: to %i MiB', async (_, maxMebibytes, behaviours) => {
    expect(behaviours.length).toBeGreaterThan(0);
    const before = process.resourceUsage().maxRSS;
    for (const behaviour of behaviours) {
      const server = await startFaultyServer(behaviour, (origin) => goodBodies.discovery(origin, origin));
      onTestFinished(server.close);
      const address = new URL(`${server.origin}/`);
      const poll = pollOf({ address, pollTimeout: 60_000 });
      const withToken = tokenEndpoint({ endpoint: { tokenUrl: address } });
      const withDiscovery = tokenEndpoint({ endpoint: { issuerUrl: address } });
      for (let count = 0; count < 2; count++) {
        const { outcome } = await poll();
        const tokens = [await withToken(neverAborted), await withDiscovery(neverAborted)];
        expect([outcome, ...tokens].map(({ ok }) => ok)).toEqual([false, false, false]);
      }
    }
    // maxRSS is in kilobytes.
    expect((process.resourceUsage().maxRSS - before) / 1024).toBeLessThan(maxMebibytes);
  });
});

/** Returns a topology with broker ids of `length` digits, which are the slowest to sort. */
function brokersWithIds(length: number, { brokers, partitions }: { brokers: number; partitions: number }): string {
  const replicas = Array.from({ length: partitions }, (_, index) => ({
    partitionId: index + 1,
    role: 'leader',
    health: 'healthy',
    state: 'active',
  }));
  return JSON.stringify({
    clusterSize: brokers,
    partitionsCount: partitions,
    replicationFactor: brokers,
    brokers: Array.from({ length: brokers }, (_, index) => ({
      brokerId: `1${String(index).padStart(length - 1, '0')}`,
      host: '"'.repeat(Math.min(length, 256)),
      port: 26501,
      version: '8.10.0',
      partitions: replicas,
    })),
  });
}

/** Answers that would need more than a gigabyte on the page, with the reasons why their polls fail. */
const large: readonly (readonly [name: string, reason: string, answer: string])[] = [
  ['85 kB with an id of 30,000 characters', 'malformed', brokersWithIds(30_000, { brokers: 1, partitions: 1_000 })],
  ['450 kB with an id of 400,000 characters', 'malformed', brokersWithIds(400_000, { brokers: 1, partitions: 1_000 })],
  ['10,000 brokers with ids of 256 digits', 'too_large', brokersWithIds(256, { brokers: 10_000, partitions: 10 })],
  ['100,000 replicas with ids of 256 digits', 'too_large', brokersWithIds(256, { brokers: 100, partitions: 1_000 })],
];

describe('the memory for the page with a memory limit of 512 MiB', () => {
  it('is limited for long broker ids of hostile clusters, and the good cluster is shown', async () => {
    withoutProxy();
    vi.spyOn(process, 'constrainedMemory').mockReturnValue(512 * 1024 * 1024);
    const hostile = await Promise.all(
      large.map(([name, _, answer]) =>
        cluster(name, (_request, response) =>
          response.writeHead(200, { 'content-type': 'application/json' }).end(answer),
        ),
      ),
    );
    const before = process.resourceUsage().maxRSS;
    const exporter = await start(configOf([...hostile, await cluster('good', healthy)]));
    const { read } = client(exporter);
    await vi.waitFor(
      async () => {
        const page = await read();
        expect(ofCluster(page, 'up', 'good')).toMatchObject([{ value: 1 }]);
        for (const [name, reason] of large) {
          expect(ofCluster(page, 'poll_failing', name)).toContainEqual(
            expect.objectContaining({ labels: { zeebe_cluster: name, reason }, value: 1 }),
          );
        }
      },
      { timeout: 60_000, interval: 200 },
    );
    // The servers keep the answers in memory, and the exporter parses them: twice the largest one is 30 MB.
    expect((process.resourceUsage().maxRSS - before) / 1024).toBeLessThan(384);
  });
});
