import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBudget } from '../../src/metrics/budget.ts';
import { expositionSize } from '../../src/metrics/exposition-size.ts';
import { anyAnswer } from '../arbitraries.ts';
import { succeeded } from '../polls.ts';
import { recorded, topologyOf } from '../topologies.ts';
import { pageOf } from './pages.ts';

describe('a budget', () => {
  it('admits parts up to its last byte', () => {
    const budget = createBudget(100);
    const [a, b] = [budget.open(), budget.open()];
    expect(a.admits(60)).toBe(true);
    expect(b.admits(41)).toBe(false);
    expect(b.admits(40)).toBe(true);
  });

  it('no longer counts the bytes of a part that are replaced', () => {
    const share = createBudget(100).open();
    expect([60, 100, 101, 100].map(share.admits)).toEqual([true, true, false, true]);
  });

  it('has the bytes of a part for others when it is released', () => {
    const budget = createBudget(100);
    const [a, b] = [budget.open(), budget.open()];
    a.admits(100);
    expect(b.admits(1)).toBe(false);
    a.release();
    expect(b.admits(100)).toBe(true);
  });

  it('keeps a part when another of the same size asks for room', () => {
    const budget = createBudget(100);
    const [a, b] = [budget.open(), budget.open()];
    expect([a.admits(60), b.admits(60), a.admits(60)]).toEqual([true, false, true]);
  });

  it('refuses a larger part at its next poll if a smaller one waits for its room', () => {
    const budget = createBudget(100);
    const [large, small] = [budget.open(), budget.open()];
    expect([large.admits(90), small.admits(20)]).toEqual([true, false]);
    expect([large.admits(90), small.admits(20), large.admits(90)]).toEqual([false, true, false]);
  });

  it('never admits more bytes than it has, in whatever order parts ask', () => {
    const asks = fc.array(fc.tuple(fc.nat({ max: 4 }), fc.integer({ min: 1, max: 60 })), { maxLength: 30 });
    fc.assert(
      fc.property(asks, (all) => {
        const budget = createBudget(100);
        const shares = Array.from({ length: 5 }, budget.open);
        const onPage = new Map<number, number>();
        for (const [index, bytes] of all) {
          onPage.set(index, shares[index]?.admits(bytes) ? bytes : 0);
          expect([...onPage.values()].reduce((total, each) => total + each, 0)).toBeLessThanOrEqual(100);
        }
      }),
    );
  });
});

describe('the estimated series of a topology', () => {
  it('are never less than those of brokers, partitions and replicas on the page', async () => {
    await fc.assert(
      fc.asyncProperty(anyAnswer, async (answer) => {
        const page = await pageOf('text', { results: [succeeded(topologyOf(answer))] });
        const lines = page.match(/^zeebe_topology_(broker_|partition_)/gm) ?? [];
        expect(lines.length).toBeLessThanOrEqual(expositionSize('production', topologyOf(answer)).series);
      }),
    );
  });

  it('are exactly those if all missing brokers are known', async () => {
    const known = [recorded('8.6.0-3x3x3-healthy'), recorded('8.6.0-3x3x3-broker-gone')].map(topologyOf);
    for (const topology of known) {
      const page = await pageOf('text', { results: [succeeded(topology)] });
      const lines = page.match(/^zeebe_topology_(broker_|partition_)/gm) ?? [];
      expect(expositionSize('production', topology).series).toBe(lines.length);
    }
  });
});

describe('the estimated bytes of a topology', () => {
  it('are never less than those on the page, whatever its texts', async () => {
    await fc.assert(
      fc.asyncProperty(anyAnswer, async (answer) => {
        const polled = [succeeded(topologyOf(answer))];
        const failed = Buffer.byteLength(await pageOf('text', { results: [] }));
        const bytes = Buffer.byteLength(await pageOf('text', { results: polled })) - failed;
        // The series that every polled cluster has (polls, verdict, sizes), and the headers of families.
        const fixed = 20_000;
        expect(bytes - fixed).toBeLessThanOrEqual(expositionSize('production', topologyOf(answer)).bytes);
      }),
    );
  });

  it('are at most a third more than those on the page, so that no cluster is refused although it has room', async () => {
    const partitions = Array.from({ length: 300 }, (_, index) => index + 1);
    const answer = {
      clusterSize: 30,
      partitionsCount: 300,
      replicationFactor: 30,
      brokers: Array.from({ length: 30 }, (_, nodeId) => ({
        nodeId,
        host: `zeebe-${nodeId}.zeebe.production.svc`,
        port: 26501,
        version: '8.6.0',
        partitions: partitions.map((partitionId) => ({ partitionId, role: 'follower', health: 'healthy' })),
      })),
    };
    const polled = [succeeded(topologyOf(answer))];
    const bytes = Buffer.byteLength(await pageOf('text', { results: polled }));
    const estimate = expositionSize('production', topologyOf(answer)).bytes;
    expect(bytes / estimate).toBeGreaterThan(0.75);
    expect(bytes / estimate).toBeLessThanOrEqual(1);
  });
});
