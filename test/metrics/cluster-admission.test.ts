import { describe, expect, it } from 'vitest';
import type { ClusterConfig } from '../../src/config/config.ts';
import { createBudget } from '../../src/metrics/budget.ts';
import { createClusterAdmission } from '../../src/metrics/cluster-admission.ts';
import { createClusterMetrics } from '../../src/metrics/cluster-metrics.ts';
import { createPage } from '../../src/metrics/page.ts';
import { manualClock } from '../manual-clock.ts';
import { clusterConfig, stateAfter, succeeded } from '../polls.ts';
import { broker, leader, threeBrokers, topology } from '../topologies.ts';
import { noProcessMetrics } from './pages.ts';

/** A cluster with 90 series: 2 for each of 3 brokers, 4 for each of 3 partitions, 8 for each of 9 replicas. */
const large = topology(threeBrokers);
/** A cluster with 14 series. */
const small = topology([broker('0', leader(1))], { clusterSize: 1, partitionsCount: 1 });

function setUp({ bytes = 1e6, series = Number.POSITIVE_INFINITY } = {}) {
  const budgets = { bytes: createBudget(bytes), series: createBudget(series) };
  return {
    budgets,
    open: (config: Partial<ClusterConfig> = {}) => createClusterAdmission(clusterConfig(config), budgets),
  };
}

const exceeded = (setting: 'max_series' | 'max_series_total', max: number) => ({ setting, max });

describe('a cluster without a limit of series', () => {
  it('is admitted, and says nothing of a limit', () => {
    expect(setUp().open().admit(large)).toEqual({ ok: true });
  });
});

describe('max_series', () => {
  it('admits a cluster with just as many series, and limits one with more', () => {
    const { open } = setUp();
    expect(open({ maxSeries: 90 }).admit(large)).toEqual({ ok: true, seriesLimit: { series: 90 } });
    expect(open({ maxSeries: 89 }).admit(large)).toEqual({
      ok: true,
      seriesLimit: { series: 90, exceeded: exceeded('max_series', 89) },
    });
  });

  it('leaves the room of a cluster that exceeds it to the others', () => {
    const { open } = setUp({ series: 100 });
    open({ maxSeries: 89 }).admit(large);
    expect(open().admit(large)).toEqual({ ok: true, seriesLimit: { series: 90 } });
  });
});

describe('max_series_total', () => {
  it('limits the largest cluster first, whichever was polled first', () => {
    const { open } = setUp({ series: 100 });
    const [one, other] = [open(), open()];
    expect(one.admit(large)).toEqual({ ok: true, seriesLimit: { series: 90 } });
    expect(other.admit(small)).toMatchObject({ seriesLimit: { exceeded: exceeded('max_series_total', 100) } });
    expect(one.admit(large)).toMatchObject({ seriesLimit: { exceeded: exceeded('max_series_total', 100) } });
    expect(other.admit(small)).toEqual({ ok: true, seriesLimit: { series: 14 } });
  });

  it('applies to each cluster from its next poll on when it changes', () => {
    const { open, budgets } = setUp({ series: 100 });
    const { admit } = open();
    budgets.series.resize(50);
    expect(admit(large)).toMatchObject({ seriesLimit: { exceeded: exceeded('max_series_total', 50) } });
    budgets.series.resize(Number.POSITIVE_INFINITY);
    expect(admit(large)).toEqual({ ok: true });
  });

  it('has the room of a cluster for others when its poll fails, and when it is gone', () => {
    const { open } = setUp({ series: 100 });
    const [one, other] = [open(), open()];
    for (const leave of [() => one.admit(undefined), one.release]) {
      one.admit(large);
      leave();
      expect(other.admit(large)).toEqual({ ok: true, seriesLimit: { series: 90 } });
      other.release();
    }
  });
});

describe('the leader changes of partitions that are no longer listed', () => {
  /** A cluster whose page has the leader changes of three partitions. */
  const published = async ({
    series = Number.POSITIVE_INFINITY,
    ...config
  }: Partial<ClusterConfig> & { series?: number }) => {
    const { budgets, open } = setUp({ series });
    const page = createPage(['production'], noProcessMetrics, manualClock());
    const { admit, publish } = createClusterMetrics(clusterConfig(config), page, budgets);
    await publish(stateAfter([succeeded(large)]));
    return { admit, open };
  };

  it('count as series of the cluster', async () => {
    const { admit } = await published({ maxSeries: 15 });
    expect(admit(small)).toMatchObject({ seriesLimit: { series: 16, exceeded: exceeded('max_series', 15) } });
  });

  it('count while polls fail, as they stay on the page', async () => {
    const { admit, open } = await published({ series: 92 });
    admit(undefined);
    expect(open().admit(large)).toMatchObject({ seriesLimit: { exceeded: exceeded('max_series_total', 92) } });
    expect(open().admit(small)).toEqual({ ok: true, seriesLimit: { series: 14 } });
  });

  it('do not count while polls fail if the series exceed a limit', async () => {
    const { admit, open } = await published({ series: 92, maxSeries: 1 });
    admit(large);
    admit(undefined);
    expect(open().admit(large)).toEqual({ ok: true, seriesLimit: { series: 90 } });
  });
});

describe('the bytes of the page', () => {
  it('refuse a topology also if its series are limited, as it stays in memory', () => {
    const { open } = setUp({ bytes: 1_000 });
    expect(open({ maxSeries: 1 }).admit(large)).toMatchObject({
      ok: false,
      failure: { reason: 'too_large', problem: { kind: 'no_room_on_page', maxBytes: 1_000 } },
    });
  });
});
