import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ClusterConfig } from '../../src/config/config.ts';
import type { PollResult } from '../../src/poll/poll.ts';
import type { Topology } from '../../src/zeebe/topology.ts';
import { partOf, textOfLines } from '../metrics/pages.ts';
import { endOfPoll, succeeded } from '../polls.ts';
import { broker, follower, type ListedBroker, leader, topology } from '../topologies.ts';

const page = readFileSync(new URL('../../docs/sizing.md', import.meta.url), 'utf8');

const numberOf = (text = '') => Number(text.replace(/[+, ]/g, ''));

/** Returns the cells of the rows of a table whose header begins with `header`. */
function rowsOf(header: string): readonly (readonly string[])[] {
  const [, table = ''] = page.split(`| ${header} |`);
  return table
    .split('\n\n', 1)
    .flatMap((text) => text.split('\n').slice(2))
    .map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

const seriesPer = new Map(rowsOf('Per').map(([what = '', count]) => [what, numberOf(count)]));

interface Size {
  readonly brokers: number;
  readonly partitions: number;
  readonly factor: number;
}

/** A cluster in which the replicas of a partition are on consecutive brokers. */
function clusterOf({ brokers, partitions, factor }: Size, reportsState = false): Topology {
  const state = reportsState ? ({ state: 'active' } as const) : {};
  const replicasOn = (index: number) =>
    Array.from({ length: partitions }, (_, partition) => partition).flatMap((partition) => {
      const place = (index - (partition % brokers) + brokers) % brokers;
      if (place >= factor) return [];
      return [place === 0 ? leader(partition + 1, state) : follower(partition + 1, state)];
    });
  const listed: readonly ListedBroker[] = Array.from({ length: brokers }, (_, index) =>
    broker(String(index), ...replicasOn(index)),
  );
  return topology(listed, {
    clusterSize: brokers,
    partitionsCount: partitions,
    replicationFactor: factor,
    gatewayVersion: '8.6.0',
    ...(reportsState ? { clusterId: 'id', lastCompletedChangeId: 1 } : {}),
  });
}

const oauth2 = {
  up: true,
  token: { obtainedAt: endOfPoll, expiresAt: endOfPoll + 60_000, lifetime: 60_000 },
  tokenRequests: [{ seconds: 0.1 }],
} as const;

async function seriesAfter(result: PollResult, method: 'none' | 'oauth2' = 'none'): Promise<number> {
  const config = { authentication: { method } } as Partial<ClusterConfig>;
  const lines = (await partOf({ results: [result], config })).map(textOfLines).join('').split('\n');
  return lines.filter((line) => line !== '' && !line.startsWith('#')).length;
}

const small: Size = { brokers: 3, partitions: 3, factor: 2 };

describe('the series in docs/sizing.md', () => {
  it.each([
    ['broker', { ...small, brokers: 4 }, 1],
    ['partition', { ...small, partitions: 4, factor: 0 }, 1],
    ['replica, up to Camunda 8.9', { ...small, factor: 3 }, 3],
  ] as const)('for each %s are those of a rendered page', async (what, larger, more) => {
    const base = what === 'partition' ? { ...small, factor: 0 } : small;
    const difference =
      (await seriesAfter(succeeded(clusterOf(larger)))) - (await seriesAfter(succeeded(clusterOf(base))));
    expect(difference / more).toBe(seriesPer.get(what));
  });

  it('for each replica with a state are those of a rendered page', async () => {
    const [fewer, more] = await Promise.all(
      [small, { ...small, factor: 3 }].map((size) => seriesAfter(succeeded(clusterOf(size, true)))),
    );
    expect(((more ?? 0) - (fewer ?? 0)) / 3).toBe(seriesPer.get('replica, from Camunda 8.10, which reports states'));
  });

  it.each([
    ['cluster, without authentication or with HTTP Basic', 'none'],
    ['cluster with OAuth 2', 'oauth2'],
  ] as const)('for each %s are those of a rendered page', async (what, method) => {
    const authentication = method === 'oauth2' ? { authentication: oauth2 } : {};
    const empty = clusterOf({ brokers: 0, partitions: 0, factor: 0 });
    expect(await seriesAfter(succeeded(empty, authentication), method)).toBe(seriesPer.get(what));
  });

  it('for each physical tenant are those of a rendered page, without its partitions', async () => {
    const { groups, ...facts } = clusterOf({ brokers: 0, partitions: 1, factor: 0 }, true);
    const ofTenants = (count: number) =>
      seriesAfter(
        succeeded({
          ...facts,
          groups: Array.from({ length: count }, (_, id) =>
            groups.map((group) => ({ tenant: `${id}`, ...group })),
          ).flat(),
        }),
      );
    const [none, one, two] = await Promise.all([0, 1, 2].map(ofTenants));
    const ofPartition = seriesPer.get('partition') ?? 0;
    expect((two ?? 0) - (one ?? 0) - ofPartition).toBe(seriesPer.get('physical tenant, if all are polled'));
    const alone = (await seriesAfter(succeeded(clusterOf({ brokers: 0, partitions: 1, factor: 0 })))) - ofPartition;
    // Without the series of the cluster id.
    expect((none ?? 0) - 1 - alone).toBe(seriesPer.get('cluster of which all physical tenants are polled'));
  });

  it.each([
    ['files in its settings', { filesRead: true }],
    ['each server that it reaches over TLS', { certificates: { clusterServer: endOfPoll } }],
  ])('for %s are one more', async (what, facts) => {
    const plain = succeeded(clusterOf(small));
    expect((await seriesAfter({ ...plain, ...facts })) - (await seriesAfter(plain))).toBe(1);
    expect([...seriesPer].find(([name]) => name.includes(what))?.[1]).toBe(1);
  });

  it.each(
    rowsOf('Brokers').filter(([brokers]) => numberOf(brokers) <= 100),
  )('of a cluster with %s brokers and %s partitions are those of a rendered page', async (brokers, partitions, factor, series, withStates) => {
    const size = { brokers: numberOf(brokers), partitions: numberOf(partitions), factor: numberOf(factor) };
    expect(await seriesAfter(succeeded(clusterOf(size)))).toBe(numberOf(series));
    expect(await seriesAfter(succeeded(clusterOf(size, true)))).toBe(numberOf(withStates));
  });

  it('of the largest example are the sum of the table', () => {
    const [brokers = 0, partitions = 0, factor = 0, series, withStates] = (rowsOf('Brokers').at(-1) ?? []).map(
      numberOf,
    );
    const sum = (perReplica: number) => 83 + 2 * brokers + 4 * partitions + perReplica * partitions * factor;
    expect([series, withStates]).toEqual([sum(8), sum(13) + 2]);
  });
});
