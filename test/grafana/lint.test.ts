import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { describe, expect, it } from 'vitest';
import { readDashboard, written } from '../e2e/dashboards/dashboard.ts';
import { type LintRule, lint, lintRules } from './lint.ts';

describe.each(['overview', 'cluster'] as const)('grafana/%s.json', (name) => {
  it('complies with every lint rule', () => {
    expect(lint(readDashboard(name))).toEqual({});
  });
});

/** By rule, changes that break that rule and no other. */
const breaks: Readonly<Record<LintRule, readonly ((dashboard: Dashboard) => void)[]>> = {
  'template-datasource-rule': [
    (dashboard) => change(variable(dashboard, 'datasource'), { name: 'source' }),
    (dashboard) => change(variable(dashboard, 'datasource'), { query: 'loki' }),
    (dashboard) => dashboard.templating.list?.push({ ...variable(dashboard, 'datasource') }),
  ],
  'template-job-rule': [
    (dashboard) => change(variable(dashboard, 'job'), { allValue: '.*' }),
    (dashboard) => change(variable(dashboard, 'job'), { multi: false }),
    (dashboard) => change(variable(dashboard, 'job'), { includeAll: false }),
    (dashboard) => change(variable(dashboard, 'job'), { datasource: { uid: 'prometheus' } }),
    (dashboard) => change(variable(dashboard, 'job'), { name: 'jobs' }),
  ],
  'template-instance-rule': [(dashboard) => change(variable(dashboard, 'instance'), { allValue: '.*' })],
  'template-cluster-rule': [
    (dashboard) => change(variable(dashboard, 'zeebe_cluster'), { multi: false }),
    (dashboard) => change(variable(dashboard, 'zeebe_cluster'), { includeAll: false }),
  ],
  'template-physical-tenant-rule': [
    (dashboard) => change(variable(dashboard, 'physical_tenant'), { allValue: '.+' }),
    (dashboard) => change(variable(dashboard, 'physical_tenant'), { multi: false }),
  ],
  'template-on-time-change-reload-rule': [(dashboard) => change(variable(dashboard, 'job'), { refresh: 1 })],
  'template-label-promql-rule': [
    (dashboard) => change(variable(dashboard, 'job'), { query: 'label_values(up{, job)' }),
    (dashboard) => change(variable(dashboard, 'job'), { query: { query: 'up' } }),
  ],
  'template-uneditable-rule': [(dashboard) => change(dashboard, { editable: true })],
  'dashboard-identity': [(dashboard) => change(dashboard, { uid: '' })],
  'panel-datasource-rule': [
    (dashboard) => change(panel(dashboard, 'table'), { datasource: { uid: 'prometheus' } }),
    (dashboard) => change(target(dashboard, 'table'), { datasource: { uid: 'prometheus' } }),
  ],
  'panel-title-description-rule': [
    (dashboard) => change(panel(dashboard, 'table'), { title: '' }),
    (dashboard) => change(panel(dashboard, 'stat'), { description: '' }),
  ],
  'panel-units-rule': [
    (dashboard) => change(panel(dashboard, 'timeseries').fieldConfig?.defaults, { unit: 'seconds' }),
    (dashboard) => change(panel(dashboard, 'stat').fieldConfig?.defaults, { unit: '' }),
    (dashboard) =>
      panel(dashboard, 'table').fieldConfig?.overrides.push({
        matcher: { id: 'byName', options: 'Verdict' },
        properties: [{ id: 'unit', value: 'seconds' }],
      }),
  ],
  'panel-ids': [
    (dashboard) => change(panel(dashboard, 'table'), { id: panel(dashboard, 'stat').id ?? 0 }),
    (dashboard) => change(panel(dashboard, 'table'), { id: 0 }),
  ],
  'panel-grid': [
    (dashboard) => change(panel(dashboard, 'table').gridPos, { y: panel(dashboard, 'stat').gridPos?.y ?? 0 }),
    (dashboard) => change(panel(dashboard, 'table').gridPos, { x: 1 }),
    (dashboard) => change(panel(dashboard, 'table').gridPos, { h: 0 }),
  ],
  'panel-line-is-full': [(dashboard) => change(panel(dashboard, 'table').gridPos, { w: 23 })],
  'panel-does-not-repeat': [(dashboard) => change(panel(dashboard, 'table'), { repeat: 'zeebe_cluster' })],
  'panel-legend': [
    (dashboard) => change(panel(dashboard, 'timeseries').options.legend, { displayMode: 'list' }),
    (dashboard) => change(panel(dashboard, 'timeseries').options.legend, { calcs: [] }),
    (dashboard) => change(panel(dashboard, 'state-timeline').options.legend, { showLegend: false }),
    (dashboard) => change(panel(dashboard, 'stat').options.reduceOptions, { calcs: [] }),
  ],
  'panel-pages': [
    (dashboard) => change(panel(dashboard, 'table').options.footer, { enablePagination: false }),
    (dashboard) => change(panel(dashboard, 'state-timeline').options, { perPage: 0 }),
  ],
  'target-refid': [
    (dashboard) => change(target(dashboard, 'table'), { refId: 'B' }),
    (dashboard) => change(target(dashboard, 'timeseries'), { refId: '' }),
  ],
  'target-promql-rule': [
    (dashboard) => change(target(dashboard, 'stat'), { expr: 'sum(' }),
    (dashboard) => change(target(dashboard, 'stat'), { expr: '' }),
    (dashboard) => change(dashboard.annotations.list?.[0]?.target, { expr: 'ALERTS{' }),
  ],
  'target-rate-interval-rule': [
    (dashboard) =>
      change(target(dashboard, 'timeseries'), { expr: selected('max without (instance) (rate(', '[5m]))') }),
    (dashboard) =>
      change(target(dashboard, 'timeseries'), { expr: selected('max without (instance) (increase(', '[$__range]))') }),
  ],
  'target-job-rule': [
    (dashboard) => change(target(dashboard, 'stat'), { expr: unselected('instance', 'zeebe_cluster') }),
    (dashboard) => change(dashboard.annotations.list?.[0]?.target, { expr: 'ALERTS{instance=~"$instance"}' }),
  ],
  'target-instance-rule': [
    (dashboard) => change(target(dashboard, 'stat'), { expr: unselected('job', 'zeebe_cluster') }),
  ],
  'target-cluster-rule': [(dashboard) => change(target(dashboard, 'stat'), { expr: unselected('job', 'instance') })],
  'target-physical-tenant-rule': [
    (dashboard) =>
      change(target(dashboard, 'stat'), {
        expr: unselected('job', 'instance', 'zeebe_cluster').replace('zeebe_topology_up', 'zeebe_topology_partitions'),
      }),
  ],
  'target-counts-no-cluster-twice': [(dashboard) => change(target(dashboard, 'stat'), { expr: selected('', '') })],
  'target-limits-series-per-cluster': [
    (dashboard) => change(target(dashboard, 'state-timeline'), { expr: selected('max without (instance) (', ')') }),
    (dashboard) =>
      change(target(dashboard, 'timeseries'), { expr: selected('topk(9, max without (instance) (', '))') }),
  ],
  'target-legend': [(dashboard) => change(target(dashboard, 'timeseries'), { legendFormat: '' })],
};

describe.each(Object.keys(lintRules) as LintRule[])('%s', (rule) => {
  it.each(breaks[rule])('reports a dashboard that breaks it (%#)', (breakRule) => {
    const { dashboard } = readDashboard('overview');
    breakRule(dashboard);
    expect(Object.keys(lint(written('overview', dashboard)))).toContain(rule);
  });
});

/** Into what was read from a file. */
function change(part: object | undefined, changes: object): void {
  if (part === undefined) throw new Error('the dashboard has no such part');
  Object.assign(part, changes);
}

function variable(dashboard: Dashboard, name: string) {
  return found(dashboard.templating.list?.find((known) => known.name === name));
}

/** The first of the type. */
function panel(dashboard: Dashboard, type: string): Panel {
  return found(written('overview', dashboard).panels.find((known) => known.type === type));
}

function target(dashboard: Dashboard, type: string): object {
  return found(panel(dashboard, type).targets?.[0]);
}

function found<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('the dashboard has no such part');
  return part;
}

function selected(before: string, after: string): string {
  return `${before}zeebe_topology_up{job=~"$job", instance=~"$instance", zeebe_cluster=~"$zeebe_cluster"}${after}`;
}

function unselected(...labels: readonly string[]): string {
  return `max without (instance) (zeebe_topology_up{${labels.map((label) => `${label}=~"$${label}"`).join(', ')}})`;
}
