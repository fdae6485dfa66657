import { describe, expect, it } from 'vitest';
import { formats } from '../../src/metrics/family.ts';
import { createPage } from '../../src/metrics/page.ts';
import { createProcessMetrics } from '../../src/metrics/process-metrics.ts';
import { revision, version } from '../../src/version.ts';
import { manualClock } from '../manual-clock.ts';
import { succeeded } from '../polls.ts';
import { threeBrokers, topology } from '../topologies.ts';
import { partOf, readPage, textOf } from './pages.ts';
import { type Family, parseStrictly } from './strict-parser.ts';

const processMetrics = createProcessMetrics();

async function families(): Promise<ReadonlyMap<string, Family>> {
  return readPage((await processMetrics.render())('text'));
}

async function valueOfOwn(name: string): Promise<number | undefined> {
  return (await families()).get(`zeebe_topology_exporter_${name}`)?.samples[0]?.value;
}

describe('the exporter’s own metrics', () => {
  it('have its version, its commit and the version of Node.js', async () => {
    expect((await families()).get('zeebe_topology_exporter_build_info')).toMatchObject({
      type: 'gauge',
      samples: [{ labels: { version, revision, nodejs: process.version }, value: 1 }],
    });
  });

  it('have the shard, if the clusters are divided', async () => {
    expect((await families()).has('zeebe_topology_exporter_total_shards')).toBe(false);
    const { render } = createProcessMetrics({ shard: { index: 2, total: 3 } });
    expect(readPage((await render())('text')).get('zeebe_topology_exporter_total_shards')?.samples).toMatchObject([
      { labels: { shard: '2' }, value: 3 },
    ]);
  });

  it('have whether the exporter leads, if there is leader election', async () => {
    const { leads, render } = createProcessMetrics();
    const leader = async () =>
      readPage((await render())('text'))
        .get('zeebe_topology_exporter_leader')
        ?.samples.map(({ value }) => value);
    expect(await leader()).toBeUndefined();
    leads(false);
    expect(await leader()).toEqual([0]);
    leads(true);
    expect(await leader()).toEqual([1]);
  });

  it('have whether the configuration was read, and when it was last read successfully', async () => {
    processMetrics.reloaded(true, 1_767_225_600_500);
    expect(await valueOfOwn('config_last_reload_successful')).toBe(1);
    expect(await valueOfOwn('config_last_reload_success_timestamp_seconds')).toBe(1_767_225_600.5);
    processMetrics.reloaded(false, 1_767_225_700_000);
    expect(await valueOfOwn('config_last_reload_successful')).toBe(0);
    expect(await valueOfOwn('config_last_reload_success_timestamp_seconds')).toBe(1_767_225_600.5);
  });
});

describe('the metrics of the process and of Node.js', () => {
  it('are on the page', async () => {
    const names = [...(await families()).keys()];
    for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_eventloop_lag_seconds']) {
      expect(names).toContain(name);
    }
  });

  it('have the current lag of the event loop, but no statistics, which a coarse monitor gets wrong', async () => {
    const names = [...(await families()).keys()].filter((name) => name.startsWith('nodejs_eventloop_lag'));
    expect(names).toEqual(['nodejs_eventloop_lag_seconds']);
  });

  it('have no gauges that are named like counters', async () => {
    for (const { name, type } of (await families()).values())
      expect([name, /_total$/.test(name)]).toEqual([name, type === 'counter']);
  });
});

describe.each(formats)('the whole page in the format %s', (format) => {
  it('is strictly valid and has the families of the project first', async () => {
    const page = createPage(['production'], createProcessMetrics(), manualClock());
    page.update('production', await partOf({ results: [succeeded(topology(threeBrokers))] }));
    const names = parseStrictly(textOf(await page.body(format, 'identity')), format).map(({ name }) => name);
    const own = names.filter((name) => name.startsWith('zeebe_topology_'));
    expect(names.slice(0, own.length)).toEqual(own);
    expect(own).toContain('zeebe_topology_exporter_build_info');
    expect(names.length).toBeGreaterThan(own.length);
  });
});
