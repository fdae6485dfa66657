import fc from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { createCounters } from '../../src/metrics/counters.ts';
import { clusterLabel } from '../../src/metrics/family.ts';
import { linesOfMetric, readRegistry } from '../../src/metrics/registry.ts';
import { failed, succeeded } from '../polls.ts';
import { threeBrokers, topology } from '../topologies.ts';

const name = 'zeebe_topology_poll_duration_seconds';
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30];
const poll = (seconds: number) => succeeded(topology(threeBrokers), { seconds });

function linesIn(text = ''): readonly string[] {
  return text.split('\n').toSorted();
}

describe('a histogram of a cluster', () => {
  it('has the values that one of prom-client has', async () => {
    const seconds = fc.oneof(fc.constantFrom(0, ...buckets), fc.double({ min: 0, max: 40, noNaN: true }));
    await fc.assert(
      fc.asyncProperty(fc.array(seconds, { minLength: 1 }), async (durations) => {
        const counters = createCounters('none', clusterLabel('production'));
        const registry = new Registry();
        const histogram = new Histogram({ name, help: 'Help.', buckets, registers: [registry] });
        for (const duration of durations) {
          counters.record(poll(duration));
          counters.lines();
          histogram.observe(duration);
        }
        const [metric] = await readRegistry(registry);
        const expected = metric ? linesOfMetric(metric) : '';
        const own = counters
          .lines()
          .get(name)
          ?.replace(/zeebe_cluster="production",?/g, '');
        expect(linesIn(own?.replaceAll('{}', ''))).toEqual(linesIn(expected));
      }),
    );
  });

  it('is absent until the first poll, and at 0 after one without a request', () => {
    const counters = createCounters('none', clusterLabel('production'));
    expect(counters.lines().get(name)).toBeUndefined();
    const { seconds: _, ...unsent } = failed('auth');
    counters.record(unsent);
    expect(counters.lines().get(name)).toContain(`${name}_count{zeebe_cluster="production"} 0\n`);
  });
});

describe('the lines of a counter', () => {
  it('are the same text until it counts something', () => {
    const counters = createCounters('oauth2', clusterLabel('production'));
    counters.record(failed('dns'));
    const before = new Map(counters.lines());
    counters.record(poll(1));
    const changed = [...counters.lines()].filter(([family, lines]) => before.get(family) !== lines);
    expect(changed.map(([family]) => family)).toEqual(['zeebe_topology_polls_total', name]);
  });
});
