import { setTimeout } from 'node:timers/promises';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fastStory } from '../../src/simulator/fast-story.ts';
import { asTarget, readDashboard, targetsOf, variableQuery, type WrittenDashboard } from './dashboards/dashboard.ts';
import { expectedClusterPanels } from './dashboards/expected-cluster-panels.ts';
import { expectedMonitoringPanels } from './dashboards/expected-monitoring-panels.ts';
import type { ExpectedPanel } from './dashboards/expected-panel.ts';
import { expectedTenantPanels } from './dashboards/expected-tenant-panels.ts';
import { interpolate, type Selection } from './dashboards/interpolate.ts';
import { labelQuery } from './dashboards/label-query.ts';
import { job, type MonitoredStory, startMonitoredStory } from './dashboards/monitored-story.ts';
import { answersTo, selectionOf, viewUpTo } from './dashboards/panel-queries.ts';
import type { Series } from './dashboards/prometheus.ts';
import { type ShownRow, shown } from './dashboards/shown.ts';
import { until } from './until.ts';

const overview = readDashboard('overview');
const cluster = readDashboard('cluster');
const clusters = ['payments', 'orders', 'inventory', 'shipping'];
const expectedPanels = { ...expectedClusterPanels, ...expectedTenantPanels, ...expectedMonitoringPanels };
const secondExporterStops = 206;

describe('the dashboards during the simulated story', () => {
  let story: MonitoredStory;
  /** Unix seconds. */
  let begunAt: number;

  beforeAll(async () => {
    story = await startMonitoredStory();
    await until('both exporters have been scraped after their first polls', 60, async () => {
      const up = await story.prometheus.instant('zeebe_topology_up', Date.now() / 1000);
      expect(up).toHaveLength(2 * clusters.length);
    });
    begunAt = Date.now() / 1000;
    story.begin();
    await setTimeout(secondExporterStops * 1000);
    await story.stopSecond();
    await setTimeout(begunAt * 1000 + fastStory.period + 2000 - Date.now());
  });
  afterAll(() => story?.stop());

  function answers(dashboard: WrittenDashboard, panel: Panel, second: number, selection: Selection) {
    return answersTo(story.prometheus, dashboard, panel, viewUpTo(begunAt + second), selection);
  }

  async function expectPanel({ cluster: chosen, tenant, panel: title, rows, only }: ExpectedPanel, second: number) {
    const [dashboard, selected] = chosen === undefined ? [overview, 'all'] : [cluster, chosen];
    const panel = dashboard.panels.find((known) => known.title === title);
    if (panel === undefined) throw new Error(`${dashboard.name}.json has no panel ${title}`);
    const seen: readonly ShownRow[] = shown(
      panel,
      await answers(dashboard, panel, second, selectionOf(selected, tenant)),
    );
    const what = `${title}, ${selected}, tenant ${tenant ?? 'all'}, second ${second}`;
    expect(seen, what).toEqual(expect.arrayContaining(rows.map((row) => expect.objectContaining(row))));
    if (only) expect(seen, what).toHaveLength(rows.length);
  }

  describe.each(Object.entries(expectedPanels))('when %s', (_, ofStep) => {
    it.each(ofStep)('show it in the panel: $panel', async (expected) => {
      const [first, last] = expected.within ?? [expected.at ?? 0, expected.at ?? 0];
      const attempts = Array.from({ length: last - first + 1 }, (__, place) => first + place);
      let failure: unknown;
      for (const second of attempts) {
        try {
          return await expectPanel(expected, second);
        } catch (error) {
          failure = error;
        }
      }
      throw failure;
    });
  });

  it.each([
    { dashboard: overview, selections: ['all'] },
    { dashboard: cluster, selections: clusters },
  ])('have no query that fails or never returns data: $dashboard.name', async ({ dashboard, selections }) => {
    const begin = Math.floor(begunAt);
    const end = begin + fastStory.period / 1000;
    const isAnswered = async (expr: string, selected: string) => {
      const query = interpolate(expr, viewUpTo(end), dashboard.variables, selectionOf(selected));
      const series = await story.prometheus.range(query, begin, end, 1);
      return series.some(({ values }) => [...values.values()].some((value) => !Number.isNaN(value)));
    };
    const never: string[] = [];
    for (const panel of dashboard.panels) {
      for (const { expr, refId } of targetsOf(panel)) {
        const answered = await Promise.all(selections.map((selected) => isAnswered(expr, selected)));
        if (!answered.includes(true)) never.push(`${panel.title}, ${refId}`);
      }
    }
    expect(never).toEqual([]);
  });

  it.each([overview, cluster])('find the values of their variables: $name', async ({ variables }) => {
    const view = viewUpTo(begunAt + 200);
    const values = async (name: string, selected = 'payments') => {
      const variable = variables.find((known) => known.name === name);
      const { selector, label } = labelQuery(variable ? variableQuery(variable) : '') ?? { selector: '', label: '' };
      const query = interpolate(selector, view, variables, selectionOf(selected));
      return [...(await story.prometheus.labelValues(label, query, view.from, view.to))].sort();
    };
    expect(await values('job')).toEqual([job]);
    expect(await values('instance')).toEqual([...story.instances].sort());
    expect(await values('zeebe_cluster')).toEqual([...clusters].sort());
    expect(await values('physical_tenant', 'shipping')).toEqual(['default', 'orders', 'returns']);
    expect(await values('physical_tenant', 'payments')).toEqual([]);
  });

  it.each([
    { second: 10, name: 'Leader changes', selected: 'payments', labels: { partition: '1' } },
    {
      second: 36,
      name: 'Alerts',
      selected: 'payments',
      labels: { alertname: 'ZeebeTopologyBrokerMissing', broker: '1' },
    },
    { second: 74, name: 'Alerts', selected: 'orders', labels: { alertname: 'ZeebeTopologyPartitionWithoutLeader' } },
    { second: 220, name: 'Alerts', selected: 'orders', labels: { alertname: 'ZeebeTopologyExporterTargetDown' } },
  ])('have the annotation $name at second $second', async ({ second, name, selected, labels }) => {
    for (const { dashboard, variables } of [overview, cluster]) {
      const annotation = dashboard.annotations.list?.find((known) => known.name === name);
      const { expr } = asTarget(annotation?.target ?? {});
      const view = viewUpTo(begunAt + second);
      const query = interpolate(expr, view, variables, selectionOf(selected));
      const series: readonly Series[] = await story.prometheus.range(query, view.from, view.to, 1);
      expect(series.map((one) => one.labels)).toContainEqual(expect.objectContaining(labels));
    }
  });
});

describe('the expected panels', () => {
  it('contain every panel of the dashboards', () => {
    const all = Object.values(expectedPanels).flat();
    const without = [overview, cluster].flatMap(({ name, panels }) =>
      panels
        .filter(
          ({ title }) => !all.some(({ panel, cluster: one }) => panel === title && (name === 'overview') === !one),
        )
        .map(({ title }) => `${name}: ${title}`),
    );
    expect(without).toEqual([]);
  });
});
