import { describe, expect, it } from 'vitest';
import { rules } from '../../prometheus/rules.ts';
import { type Duration, defaultThresholds, type Thresholds } from '../../prometheus/thresholds.ts';
import { authFailureReasons } from '../../src/failure.ts';
import { clusterFamilies } from '../../src/metrics/cluster-renderer.ts';
import { topologyFamilies } from '../../src/metrics/topology-families.ts';
import { exposedMetrics } from './exposed.ts';
import { alerts, alertsOf, list, read, recordings, secondsOf, unitTests } from './files.ts';
import { parseQuery } from './promql.ts';

/** Labels that Prometheus or the Prometheus Operator adds to a target. */
const targetLabels = ['job', 'namespace', 'instance', 'pod', 'container', 'endpoint', 'exported_endpoint'];

const exposed = new Map([...(await exposedMetrics()), ['up', new Map<string, Set<string>>()]]);
const topologyMetrics = topologyFamilies.map(({ name }) => name);

/** Returns the names, labels and values in a query that neither the exporter nor its target has. */
function unknownParts(query: string): readonly string[] {
  const { selectors, groupedBy } = parseQuery(query);
  const fromSelectors = selectors.flatMap(({ metric, matchers }) => {
    const labels = exposed.get(metric);
    if (!labels) return [metric];
    return matchers.flatMap(({ label, values }) => {
      const known = labels.get(label);
      if (!known) return targetLabels.includes(label) ? [] : [`${metric}{${label}}`];
      return closedSets.includes(label) ? values.filter((value) => !known.has(value)) : [];
    });
  });
  return [...fromSelectors, ...groupedBy.filter((label) => !labelsOf(query).has(label))];
}

/** Labels all of whose values are exposed. */
const closedSets = ['reason', 'health', 'role', 'state', 'method'];

function labelsOf(query: string): ReadonlySet<string> {
  return new Set([
    ...targetLabels,
    ...parseQuery(query).selectors.flatMap(({ metric }) => [...(exposed.get(metric)?.keys() ?? [])]),
  ]);
}

describe('the exposed metrics that the rules are checked against', () => {
  it('are read from a page with every metric family of a cluster', () => {
    const missing = clusterFamilies.filter(({ name }) => !exposed.has(name) && !exposed.has(`${name}_count`));
    expect(missing).toEqual([]);
  });

  it('reveal a name, a label and a value that do not exist', () => {
    expect(unknownParts('zeebe_topology_partition_health{health="healthy"}')).toEqual([]);
    expect(unknownParts('sum by (broker) (zeebe_topology_parition_health)')).toEqual([
      'zeebe_topology_parition_health',
      'broker',
    ]);
    expect(unknownParts('zeebe_topology_up{reason="dns"}')).toEqual(['zeebe_topology_up{reason}']);
    expect(unknownParts('zeebe_topology_poll_failing{reason=~"dns|dsn"}')).toEqual(['dsn']);
    expect(() => unknownParts('zeebe_topology_up ==')).toThrow(SyntaxError);
  });
});

describe('prometheus/*.yaml', () => {
  it.each(Object.entries(rules(defaultThresholds)))('%s is up to date with the sources of the rules', (name, text) => {
    expect(read(`prometheus/${name}`), 'npm run rules writes it').toBe(text);
  });

  it('has an alert for every name in holdsFor of the thresholds', () => {
    expect(alerts.map(({ alert }) => alert.replace('ZeebeTopology', '')).sort()).toEqual(
      Object.keys(defaultThresholds.holdsFor).sort(),
    );
  });

  it('has the same alerts and series when written with shorter durations', () => {
    const second: Duration = '1s';
    const thresholds: Thresholds = {
      ...defaultThresholds,
      lookback: '3s',
      failureWindow: '6s',
      holdsFor: sameForAll(second),
    };
    const short = alertsOf(rules(thresholds)['alerts.yaml']);

    expect(short.map(({ alert }) => alert)).toEqual(alerts.map(({ alert }) => alert));
    expect(new Set(short.map((alert) => alert.for))).toEqual(new Set([second]));
    const metricsOf = ({ expr }: { readonly expr: string }) => parseQuery(expr).selectors.map(({ metric }) => metric);
    expect(short.map(metricsOf)).toEqual(alerts.map(metricsOf));
    expect(short.filter(({ expr }) => /\[(5|10)m\]/.test(expr))).toEqual([]);
  });

  it('has exactly one alert for each authentication reason', () => {
    const reasonsIn = ({ expr }: { readonly expr: string }) =>
      parseQuery(expr)
        .selectors.filter(({ metric }) => metric === 'zeebe_topology_auth_failing')
        .flatMap(({ matchers }) => matchers.flatMap(({ values }) => values));
    const reasons = alerts
      .filter(({ alert }) => !['ZeebeTopologyTokenNotRenewed', 'ZeebeTopologyLastSuccessTooOld'].includes(alert))
      .flatMap((alert) => [...new Set(reasonsIn(alert))]);
    expect(reasons.sort()).toEqual([...authFailureReasons].sort());
  });

  it.each(recordings)('$record uses only series and labels that the exporter exposes', ({ expr }) => {
    expect(unknownParts(expr)).toEqual([]);
  });
});

describe.each(alerts)('$alert', ({ alert, expr, labels, annotations }) => {
  const query = parseQuery(expr);

  it('uses only series and labels that the exporter exposes', () => {
    expect(unknownParts(expr)).toEqual([]);
  });

  it('uses every series that a failed poll removes with a range', () => {
    const bare = query.selectors.filter(({ metric, ranged }) => topologyMetrics.includes(metric) && !ranged);
    expect(bare).toEqual([]);
  });

  it("keeps the user's own labels: it never aggregates with by", () => {
    expect(query.aggregatesBy).toBe(false);
  });

  it('has a severity, a summary of one line, and a description whose labels exist', () => {
    expect(['critical', 'warning', 'info']).toContain(labels.severity);
    expect(annotations.summary).toMatch(/^[A-Z][^\n]+\.$/);
    expect(annotations.description).toMatch(/^\S.+\.$/);
    const named = [...annotations.description.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label);
    expect(named.filter((label) => !labelsOf(expr).has(label))).toEqual([]);
  });

  it('has a runbook with its four sections', () => {
    const path = /\/blob\/main\/(docs\/runbooks\/\w+\.md)$/.exec(annotations.runbook_url)?.[1] ?? '';
    const [title, ...sections] = read(path).split(/^## /m);
    expect(title?.trim()).toBe(`# ${alert}`);
    expect(sections.map((section) => section.split('\n', 1)[0])).toEqual([
      'Meaning',
      'Impact',
      'Diagnosis',
      'Mitigation',
    ]);
    expect(sections.filter((section) => section.split('\n').slice(1).join('').trim() === '')).toEqual([]);
  });

  it('has a unit test that shows the evaluation at which it fires first, and one in which it never fires', () => {
    const { evaluation_interval, tests } = unitTests(`${alert}.test.yaml`);
    const outcomes = tests.map(({ alert_rule_test = [] }) =>
      alert_rule_test
        .filter(({ alertname }) => alertname === alert)
        .map(({ eval_time, exp_alerts }) => ({ at: secondsOf(eval_time), fires: exp_alerts.length > 0 })),
    );
    const step = secondsOf(evaluation_interval);
    const hasEdge = outcomes.some((checks) =>
      checks.some(({ at, fires }) => fires && checks.some((before) => !before.fires && before.at === at - step)),
    );
    expect(hasEdge).toBe(true);
    expect(outcomes.some((checks) => checks.length > 0 && checks.every(({ fires }) => !fires))).toBe(true);
  });
});

describe('prometheus/tests/documented.test.yaml', () => {
  it('tests queries as they are in docs/slo.md', () => {
    const documented = [...read('docs/slo.md').matchAll(/^```promql\n(.*?)\n```$/gms)].map(([, query]) => query);
    const tested = unitTests('documented.test.yaml').tests.flatMap(({ promql_expr_test = [] }) => promql_expr_test);
    expect(tested).not.toEqual([]);
    expect(tested.map(({ expr }) => expr).filter((expr) => !documented.includes(expr))).toEqual([]);
  });
});

describe('docs/runbooks and prometheus/tests', () => {
  const names = alerts.map(({ alert }) => alert);
  const runbooks = list('docs/runbooks');

  it('have no runbook that belongs to no alert', () => {
    expect(runbooks.filter((file) => !names.includes(file.replace(/\.md$/, '')))).toEqual([]);
  });

  it('have no unit test that belongs to no alert', () => {
    const files = list('prometheus/tests').filter((file) => file.startsWith('ZeebeTopology'));
    expect(files.filter((file) => !names.includes(file.replace(/\.test\.yaml$/, '')))).toEqual([]);
  });

  it.each(runbooks)('%s queries only series and labels that exist', (file) => {
    const queries = [...read(`docs/runbooks/${file}`).matchAll(/^```promql\n(.*?)^```$/gms)].flatMap(([, block = '']) =>
      block.trim().split('\n'),
    );
    expect(queries.flatMap(unknownParts)).toEqual([]);
  });

  it.each(runbooks)('%s links only to runbooks that exist and to troubleshooting', (file) => {
    const links = [...read(`docs/runbooks/${file}`).matchAll(/\]\((.*?)\)/g)].map(([, target = '']) => target);
    const isTroubleshooting = (link: string) => link.startsWith('../troubleshooting.md#');
    expect(links.filter((link) => !runbooks.includes(link) && !isTroubleshooting(link))).toEqual([]);
  });

  it.each(runbooks)('%s names only metrics that exist', (file) => {
    const named = [...read(`docs/runbooks/${file}`).matchAll(/\bzeebe_topology_\w+/g)].map(([name]) => name);
    expect(named.filter((name) => ![...exposed.keys()].some((metric) => metric.startsWith(name)))).toEqual([]);
  });
});

function sameForAll(duration: Duration): Thresholds['holdsFor'] {
  const names = Object.keys(defaultThresholds.holdsFor);
  return Object.fromEntries(names.map((name) => [name, duration])) as Thresholds['holdsFor'];
}
