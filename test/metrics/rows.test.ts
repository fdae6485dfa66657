import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createClusterRenderer } from '../../src/metrics/cluster-renderer.ts';
import type { StableSeriesFamily } from '../../src/metrics/family.ts';
import { clusterLabel, labels } from '../../src/metrics/family.ts';
import { type Rows, renderRows } from '../../src/metrics/rows.ts';
import type { PollResult } from '../../src/poll/poll.ts';
import type { SeriesLimit } from '../../src/poll/series-limit.ts';
import { initialState, nextState } from '../../src/poll/state.ts';
import { replicaHealths, replicaStates, roles } from '../../src/zeebe/topology.ts';
import { clusterConfig, failed, succeeded } from '../polls.ts';
import { type ListedBroker, topology } from '../topologies.ts';
import { sample, textOfLines } from './pages.ts';

const name = 'ä"1';
const config = clusterConfig({ name });
const cluster = clusterLabel(name);

// Few ids and partitions, so that one answer often differs from the one before in values alone.
const replica = fc.record(
  {
    partition: fc.constantFrom(1, 2, 10),
    role: fc.constantFrom(...roles),
    health: fc.constantFrom(...replicaHealths),
    state: fc.constantFrom(...replicaStates),
  },
  { requiredKeys: ['partition', 'role', 'health'] },
);
const brokers: fc.Arbitrary<readonly ListedBroker[]> = fc.uniqueArray(
  fc.record({
    id: fc.constantFrom('0', '1', '10', 'zürich_"2"'),
    host: fc.constant('zeebe'),
    port: fc.constant('26501'),
    version: fc.constant('8.10.0'),
    replicas: fc.uniqueArray(replica, { selector: ({ partition }) => partition }),
  }),
  { selector: ({ id }) => id },
);
const seriesLimit = fc.constantFrom<SeriesLimit>(
  { series: 8 },
  { series: 8, exceeded: { setting: 'max_series_total', max: 7 } },
);
const polls = fc.array(fc.option(fc.tuple(brokers, seriesLimit), { nil: undefined }), { maxLength: 8 });

function resultOf([listed, seriesLimit]: readonly [readonly ListedBroker[], SeriesLimit]): PollResult {
  return succeeded(topology(listed), { outcome: { ok: true, topology: topology(listed), seriesLimit } });
}

describe('the lines rendered for a cluster', () => {
  it('are the same, whatever was rendered before', async () => {
    await fc.assert(
      fc.asyncProperty(polls, async (answers) => {
        const render = createClusterRenderer(cluster);
        let state = initialState(config);
        for (const answer of answers) {
          state = nextState(state, answer ? resultOf(answer) : failed('connect'));
          const anew = await createClusterRenderer(cluster)(state, new Map());
          expect((await render(state, new Map())).map(textOfLines)).toEqual(anew.map(textOfLines));
        }
      }),
    );
  });
});

describe('rows of stable series', () => {
  const state = initialState(config);
  const own = (series: number) => labels({ broker: `zürich_"${series}"` });

  /** Renders lists of values; those of one length have the same series. */
  function createFamily() {
    let now: readonly number[] = [];
    const family: StableSeriesFamily = {
      source: 'stable series',
      name: 'family',
      type: 'gauge',
      help: 'A family.',
      seriesKey: () => now.length,
      dependsOn: () => now,
      series: () => Array.from(now.keys(), own),
      values: (_state, put) => now.forEach(put),
    };
    let rows: Rows | undefined;
    return (values: readonly number[]) => {
      now = values;
      rows = renderRows(family, { state, viewSeries: undefined, cluster }, rows);
      return rows?.lines ?? '';
    };
  }

  /** As `createFamily`, of so many series that the first value is the first of many. */
  function createLargeFamily() {
    const render = createFamily();
    return (...first: readonly number[]) => {
      const lines = render([...first, ...others]);
      if (typeof lines === 'string') throw new Error('expected chunks, got text');
      return lines;
    };
  }

  const others = Array.from({ length: 6_999 }, (_, index) => index % 2);
  const expectedLines = (values: readonly number[]) =>
    values.map((value, series) =>
      sample('family', labels({ zeebe_cluster: name, broker: `zürich_"${series}"` }), value),
    );

  it.each([
    ['few', []],
    ['many', Array.from({ length: 700 }, (_, index) => index % 3)],
  ])('have the current values, whatever they were before, and keep them while they are retained (%s)', (_, more) => {
    const value = fc.oneof(fc.nat(1), fc.nat(200), fc.nat(2 ** 32 - 1));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.array(value, { maxLength: 3 }), fc.boolean()), { maxLength: 9 }), (lists) => {
        const render = createFamily();
        const retained = lists.flatMap(([list, isRetained]) => {
          const lines = render([...list, ...more]);
          const expected = expectedLines([...list, ...more]).join('');
          expect(textOfLines(lines)).toBe(expected);
          if (!isRetained || typeof lines === 'string') return [];
          for (const { retain } of lines) retain();
          return [{ lines, expected }];
        });
        for (const { lines, expected } of retained) expect(textOfLines(lines)).toBe(expected);
      }),
    );
  });

  it('are replaced only in the chunk in which a value has changed', () => {
    const render = createLargeFamily();
    const before = render(1);
    const after = render(7);
    expect(after.map((chunk, index) => chunk === before[index])).toEqual([false, true, true, true]);
    expect(textOfLines(after)).toBe(expectedLines([7, ...others]).join(''));
    expect(render(7)).toEqual(after);
  });

  it('reuse the bytes of the chunk before the last one, once it is released', () => {
    const render = createLargeFamily();
    const [first] = render(1);
    const [second] = render(2);
    expect(render(3)[0]?.bytes).toBe(first?.bytes);
    second?.retain();
    expect(render(4)[0]?.bytes).not.toBe(second?.bytes);
  });
});
