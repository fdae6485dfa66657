import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { alerts, read, secondsOf, unitTests } from './files.ts';
import { parseQuery } from './promql.ts';

type Labels = Readonly<Record<string, string>>;

interface Inhibition {
  readonly source_matchers: readonly string[];
  readonly target_matchers: readonly string[];
  readonly equal: readonly string[];
}

const config: { readonly inhibit_rules: readonly Inhibition[] } = parse(
  read('prometheus/alertmanager-inhibitions.yaml'),
);
const inhibitions = config.inhibit_rules;

function matches(matcher: string, labels: Labels): boolean {
  const [, label = '', operator, value = ''] = /^(\w+)(=~|!=|=)"(.*)"$/.exec(matcher) ?? [];
  const actual = labels[label] ?? '';
  switch (operator) {
    case '=':
      return actual === value;
    case '!=':
      return actual !== value;
    case '=~':
      return new RegExp(`^(?:${value})$`).test(actual);
    default:
      throw new SyntaxError(`unknown matcher: ${matcher}`);
  }
}

const isSource = ({ source_matchers }: Inhibition, alert: Labels) =>
  source_matchers.every((each) => matches(each, alert));
const isTarget = ({ target_matchers }: Inhibition, alert: Labels) =>
  target_matchers.every((each) => matches(each, alert));

/** Decides as Alertmanager does: an inhibited alert inhibits others too, and labels that both lack are equal. */
function notified(firing: readonly Labels[]): readonly Labels[] {
  const inhibits = (source: Labels, target: Labels) =>
    inhibitions.some(
      (rule) =>
        isSource(rule, source) &&
        isTarget(rule, target) &&
        rule.equal.every((label) => source[label] === target[label]),
    );
  return firing.filter((target) => !firing.some((source) => inhibits(source, target)));
}

const named = alerts.map(({ alert, labels }) => ({ alertname: alert, severity: labels.severity ?? '' }));

describe('the inhibition rules for Alertmanager', () => {
  it('name only alerts that exist', () => {
    const names = inhibitions
      .flatMap(({ source_matchers, target_matchers }) => [...source_matchers, ...target_matchers])
      .flatMap((matcher) => {
        const group = /"ZeebeTopology\((.*)\)"$/.exec(matcher)?.[1];
        return group ? group.split('|').map((name) => `ZeebeTopology${name}`) : (/"(\w+)"$/.exec(matcher)?.[1] ?? []);
      });
    expect(names.filter((name) => !named.some(({ alertname }) => alertname === name))).toEqual([]);
  });

  it.each(inhibitions)('$source_matchers inhibits something, nothing of higher severity, and never itself', (rule) => {
    const ranks = ['info', 'warning', 'critical'];
    const rankOf = ({ severity }: (typeof named)[number]) => ranks.indexOf(severity);
    const sources = named.filter((alert) => isSource(rule, alert));
    const targets = named.filter((alert) => isTarget(rule, alert));
    expect(sources).not.toEqual([]);
    expect(targets).not.toEqual([]);
    expect(sources.filter((source) => targets.includes(source))).toEqual([]);
    expect(Math.min(...sources.map(rankOf))).toBeGreaterThanOrEqual(Math.max(...targets.map(rankOf)));
  });
});

describe('keep_firing_for of an alert', () => {
  const afterwards = new Map(alerts.map((rule) => [rule.alert, secondsOf(rule.keep_firing_for ?? '0s')]));
  const ofOneCluster = inhibitions.filter(({ equal }) => equal.includes('zeebe_cluster'));

  it.each(ofOneCluster)('is at most as long as that of the alerts that inhibit it: $source_matchers', (rule) => {
    const lasting = ({ alertname }: (typeof named)[number]) => afterwards.get(alertname) ?? Number.NaN;
    const shortest = Math.min(...named.filter((alert) => isSource(rule, alert)).map(lasting));
    const longest = Math.max(...named.filter((alert) => isTarget(rule, alert)).map(lasting));
    expect(shortest).toBeGreaterThanOrEqual(longest);
  });
});

describe('the alerts that fire for one cause (prometheus/tests/causes.test.yaml and tenants.test.yaml)', () => {
  const tests = ['causes.test.yaml', 'tenants.test.yaml'].flatMap((file) => unitTests(file).tests);
  const cases = tests.flatMap(({ name, promql_expr_test = [] }) =>
    promql_expr_test.map(({ eval_time, exp_samples }) => ({
      cause: `${name}, after ${eval_time}`,
      firing: exp_samples.map(({ labels }) => labelsOf(labels)),
    })),
  );

  const lostByRestart = cases.filter(({ cause }) => cause.startsWith('the discovery fails after a restart'));

  it.each(cases.filter((each) => !lostByRestart.includes(each)))('lead to one notification: $cause', ({ firing }) => {
    const names = new Set(notified(firing).map(({ alertname }) => alertname));
    expect(names.size).toBe(firing.length === 0 ? 0 : 1);
  });

  it('notify of a failing discovery, and of the clusters that it lost with a restart', () => {
    const left = lostByRestart.map(({ firing }) => notified(firing).map(({ alertname }) => alertname));
    const lost = 'ZeebeTopologyClusterNotWatched';
    expect(left).toEqual([[], ['ZeebeTopologyDiscoveryFailing'], ['ZeebeTopologyDiscoveryFailing', lost, lost]]);
  });

  it('notify of the quorum at risk for a missing broker', () => {
    const left = cases
      .filter(({ cause }) => cause.startsWith('one of three brokers is missing'))
      .map(({ firing }) => [...new Set(notified(firing).map(({ alertname }) => alertname))]);
    expect(left).toEqual([[], ['ZeebeTopologyQuorumAtRisk'], ['ZeebeTopologyQuorumAtRisk']]);
  });

  it('notify of the quorum at risk for a missing broker of twenty physical tenants', () => {
    const left = cases
      .filter(({ cause }) => cause.startsWith('a broker is missing from a cluster of twenty physical tenants'))
      .map(({ firing }) => [...new Set(notified(firing).map(({ alertname }) => alertname))]);
    expect(left).toEqual([[], ['ZeebeTopologyQuorumAtRisk'], ['ZeebeTopologyQuorumAtRisk']]);
  });

  it('notify of partitions without leader until the last replica is back', () => {
    const left = cases
      .filter(({ cause }) => cause.startsWith('two of three brokers come back'))
      .map(({ firing }) => [...new Set(notified(firing).map(({ alertname }) => alertname))]);
    const stopped = ['ZeebeTopologyPartitionWithoutLeader'];
    expect(left).toEqual([stopped, stopped, stopped, []]);
  });
});

describe('alerts on one cluster do not inhibit those on another', () => {
  const here = { job: 'zeebe-topology', namespace: 'red', zeebe_cluster: 'default', cluster: 'eu' };
  const stopped = { ...here, alertname: 'ZeebeTopologyPartitionWithoutLeader', partition: '1' };
  const degraded = { alertname: 'ZeebeTopologyClusterDegraded' };

  it('with the same name in another namespace', () => {
    const there = { ...here, ...degraded, namespace: 'blue' };
    expect(notified([stopped, { ...here, ...degraded }, there])).toEqual([stopped, there]);
  });

  it('with the same name behind another Prometheus server', () => {
    const there = { ...here, ...degraded, cluster: 'us' };
    expect(notified([stopped, there])).toEqual([stopped, there]);
  });
});

describe('alerts on one physical tenant', () => {
  const orders = { job: 'zeebe-topology', zeebe_cluster: 'inventory', physical_tenant: 'orders' };
  const billing = { ...orders, physical_tenant: 'billing' };
  const atRisk = { ...billing, alertname: 'ZeebeTopologyQuorumAtRisk', partition: '1' };

  it('inhibit those on another tenant if the shared brokers may be the cause', () => {
    const stopped = { ...orders, alertname: 'ZeebeTopologyPartitionWithoutLeader', partition: '1' };
    expect(notified([stopped, atRisk])).toEqual([stopped]);
  });

  it.each([
    'RecoveryMode',
    'PhysicalTenantMissing',
    'ClusterUnknown',
  ])('inhibit none on another tenant or on the cluster: %s', (name) => {
    const firing = [
      { ...orders, alertname: `ZeebeTopology${name}` },
      atRisk,
      { ...billing, alertname: 'ZeebeTopologyPhysicalTenantMissing' },
    ];
    expect(notified(firing)).toEqual(firing);
    const missing = { job: 'zeebe-topology', zeebe_cluster: 'inventory', alertname: 'ZeebeTopologyBrokerMissing' };
    expect(notified([...firing.slice(0, 1), missing])).toEqual([...firing.slice(0, 1), missing]);
  });

  it('are inhibited if the gateway knows no tenant at all', () => {
    const unknown = { job: 'zeebe-topology', zeebe_cluster: 'inventory', alertname: 'ZeebeTopologyClusterUnknown' };
    const missing = [orders, billing].map((tenant) => ({ ...tenant, alertname: 'ZeebeTopologyPhysicalTenantMissing' }));
    expect(notified([unknown, ...missing])).toEqual([unknown]);
  });
});

function labelsOf(series: string): Labels {
  const matchers = parseQuery(series).selectors.flatMap((selector) => selector.matchers);
  return Object.fromEntries(matchers.map(({ label, values }) => [label, values.join('|')]));
}
