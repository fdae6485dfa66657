import { beforeAll, describe, expect, it } from 'vitest';
import { dashboards } from '../../grafana/dashboards.ts';
import { readDashboard, targetsOf, variableQuery } from '../e2e/dashboards/dashboard.ts';
import { labelQuery } from '../e2e/dashboards/label-query.ts';
import { exposedMetrics } from '../prometheus/exposed.ts';
import { alerts, list, read, recordings } from '../prometheus/files.ts';
import { parsed, queriesOf } from './lint.ts';
import { createValidator } from './schema.ts';

const written = [readDashboard('overview'), readDashboard('cluster')];

/** Labels that Prometheus or the Prometheus Operator adds to a target. */
const targetLabels = ['job', 'instance', 'pod', 'container', 'endpoint', 'exported_endpoint', 'service', 'namespace'];
const alertLabels = [
  ...targetLabels,
  'alertname',
  'alertstate',
  'severity',
  'zeebe_cluster',
  'physical_tenant',
  'broker',
  'partition',
  'reason',
  'role',
];

const known: ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>> = new Map([
  ...(await exposedMetrics()),
  ...recordings.map(({ record }) => [record, new Map<string, Set<string>>()] as const),
  ['up', new Map<string, Set<string>>()],
  ['ALERTS', new Map(alertLabels.map((label) => [label, new Set<string>()]))],
]);
const closedSets = ['reason', 'health', 'role', 'state', 'method'];

/** Returns the names, labels and values in a query that are not exposed. */
function strangers(expr: string): readonly string[] {
  const { selectors, groupedBy } = parsed(expr);
  const ofSelectors = selectors.flatMap(({ metric, matchers }) => {
    const labels = known.get(metric);
    if (!labels) return [metric];
    return matchers.flatMap(({ label, values }) => {
      if (!labels.has(label)) return targetLabels.includes(label) ? [] : [`${metric}{${label}}`];
      const exposed = closedSets.includes(label) ? labels.get(label) : undefined;
      return exposed?.size ? values.filter((value) => !exposed.has(value)) : [];
    });
  });
  return [...ofSelectors, ...groupedBy.filter((label) => !labelsOf(expr).has(label))];
}

function labelsOf(expr: string): ReadonlySet<string> {
  const ofMetrics = parsed(expr).selectors.flatMap(({ metric }) => [...(known.get(metric)?.keys() ?? [])]);
  return new Set([...targetLabels, ...ofMetrics]);
}

describe('grafana/*.json', () => {
  it.each(Object.entries(dashboards()))('%s is up to date with its sources', (name, text) => {
    expect(read(`grafana/${name}`), 'npm run dashboards writes it').toBe(text);
  });

  it('contains all dashboards and nothing else', () => {
    expect(list('grafana').filter((name) => name.endsWith('.json'))).toEqual(Object.keys(dashboards()).sort());
  });

  it('has the uids of the published links', () => {
    expect(written.map(({ dashboard }) => dashboard.uid)).toEqual([
      'zeebe-topology-overview',
      'zeebe-topology-cluster',
    ]);
  });
});

describe("the JSON schema of Grafana's SDK", () => {
  let complaints: ReturnType<typeof createValidator>;
  beforeAll(() => {
    complaints = createValidator();
  }, 120_000);

  it.each(written)('accepts the dashboard $name', ({ dashboard }) => {
    expect(complaints(dashboard)).toEqual([]);
  });

  it('rejects a dashboard with a wrong, a missing or an unknown part', () => {
    const [{ dashboard }] = [readDashboard('overview')];
    const { schemaVersion: _, ...unversioned } = dashboard;
    expect(complaints(unversioned)).not.toEqual([]);
    expect(complaints({ ...dashboard, panles: [] })).not.toEqual([]);
    expect(complaints({ ...dashboard, panels: [{ type: 'table', targets: [{ expr: 1, refId: 'A' }] }] })).not.toEqual(
      [],
    );
    expect(complaints({ ...dashboard, panels: [{ type: 'table', gridPos: { w: 24 } }] })).not.toEqual([]);
  });
});

describe.each(written)('dashboard $name', (dashboard) => {
  it.each(queriesOf(dashboard))('$place queries only what is exposed', ({ expr }) => {
    expect(strangers(expr)).toEqual([]);
  });

  it.each(
    dashboard.variables.filter(({ type }) => type === 'query'),
  )('has a query for the values of the variable $name', (variable) => {
    const { selector = '', label = '' } = labelQuery(variableQuery(variable)) ?? {};
    expect(strangers(selector)).toEqual([]);
    expect([...labelsOf(selector)]).toContain(label);
  });

  it.each(queriesOf(dashboard))('$place has only labels of its query in the legend', ({ expr, legendFormat = '' }) => {
    const named = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
    expect(named.filter((label) => !labelsOf(expr).has(label))).toEqual([]);
  });

  it.each(
    dashboard.panels.filter(({ type }) => type === 'table'),
  )('has labels for the columns of the table $title', (panel) => {
    const queries = targetsOf(panel);
    const labels = new Set(queries.flatMap(({ expr }) => [...labelsOf(expr)]));
    const values = queries.map(({ refId }) => (queries.length === 1 ? 'Value' : `Value #${refId}`));
    const { renameByName = {} } = panel.transformations?.find(({ id }) => id === 'organize')?.options ?? {};
    expect(Object.keys(renameByName).filter((field) => !labels.has(field) && !values.includes(field))).toEqual([]);
  });

  it('uses no recorded series', () => {
    const metrics = queriesOf(dashboard).flatMap(({ expr }) => parsed(expr).selectors.map(({ metric }) => metric));
    expect(metrics.filter((metric) => metric.includes(':'))).toEqual([]);
  });

  it('links to the other dashboard with the same time range and selection', () => {
    const other = written.find(({ name }) => name !== dashboard.name)?.dashboard;
    expect(dashboard.dashboard.links).toContainEqual(
      expect.objectContaining({ url: `/d/${other?.uid}`, keepTime: true, includeVars: true }),
    );
  });

  it('links to runbooks of existing alerts, at the same URLs as the alerts', () => {
    const base = (alerts[0]?.annotations.runbook_url ?? '').replace(/\/\w+\.md$/, '');
    const known = new Set([base, ...alerts.map(({ annotations }) => annotations.runbook_url)]);
    const urls = JSON.stringify(dashboard.dashboard).match(/https:[^"]+/g) ?? [];
    const isOfRow = (url: string) => /\/\$\{__data\.fields\.Alert\}\.md$/.test(url) && url.startsWith(base);
    expect(urls.filter((url) => !known.has(url) && !isOfRow(url))).toEqual([]);
    expect(urls.filter(isOfRow)).not.toEqual([]);
  });

  it('links only to dashboards that exist', () => {
    const uids = written.map(({ dashboard: { uid } }) => uid);
    const linked = [...JSON.stringify(dashboard.dashboard).matchAll(/"\/d\/([\w-]+)/g)].map(([, uid]) => uid);
    expect(linked.filter((uid) => !uids.includes(uid))).toEqual([]);
  });
});

describe('the exposed metrics that queries of dashboards are checked against', () => {
  it('reveal a metric, a label and a value that are not exposed', () => {
    expect(strangers('rate(zeebe_topology_polls_total{job=~"$job"}[$__rate_interval])')).toEqual([]);
    expect(strangers('zeebe_topology_pols_total')).toEqual(['zeebe_topology_pols_total']);
    expect(strangers('max without (brokr) (zeebe_topology_up{reason="dns"})')).toEqual([
      'zeebe_topology_up{reason}',
      'brokr',
    ]);
    expect(strangers('zeebe_topology_cluster_health{health="well"}')).toEqual(['well']);
  });
});
