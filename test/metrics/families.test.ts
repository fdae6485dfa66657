import { describe, expect, it } from 'vitest';
import { documentedFamilies } from '../../docs/metrics-observed.ts';
import { reservedLabels } from '../../src/config/labels.ts';
import { clusterFamilies } from '../../src/metrics/cluster-renderer.ts';
import { formats } from '../../src/metrics/family.ts';
import { createProcessMetrics } from '../../src/metrics/process-metrics.ts';
import { endOfPoll, failed, failure, succeeded, unauthenticated } from '../polls.ts';
import { broker, follower, leader, nothingKnown, threeBrokers, topology } from '../topologies.ts';
import { basic, oauth2 } from './authentication.ts';
import { type PolledCluster, pageOf, readPage, samplesOf, valuesOf } from './pages.ts';
import { parseStrictly } from './strict-parser.ts';

/** Name, type and labels of each family of a cluster, beside `zeebe_cluster`, as they are documented. */
const documented = `
  up                                  gauge
  polls_total                         counter
  poll_failures_total                 counter    reason
  poll_failing                        gauge      reason
  poll_duration_seconds               histogram  le
  last_poll_timestamp_seconds         gauge
  last_success_timestamp_seconds      gauge
  last_http_status_code               gauge
  poll_interval_seconds               gauge
  cluster_health                      gauge      health
  cluster_size                        gauge
  brokers                             gauge
  partitions                          gauge
  replication_factor                  gauge
  gateway_info                        gauge      version
  cluster_info                        gauge      cluster_id
  last_completed_change_id            gauge
  physical_tenants                    gauge
  physical_tenant_health              gauge      physical_tenant,health
  series_limited                      gauge
  broker_up                           gauge      broker
  broker_info                         gauge      broker,host,port,version
  partition_has_leader                gauge      partition
  partition_replicas                  gauge      partition
  partition_healthy_replicas          gauge      partition
  partition_leader_changes_total      counter    partition
  partition_role                      gauge      broker,partition,role
  partition_health                    gauge      broker,partition,health
  partition_state                     gauge      broker,partition,state
  auth_info                           gauge      method
  auth_up                             gauge
  auth_failing                        gauge      reason
  auth_failures_total                 counter    reason
  token_expiry_timestamp_seconds      gauge
  token_obtained_timestamp_seconds    gauge
  token_lifetime_seconds              gauge
  token_requests_total                counter
  token_request_failures_total        counter    reason
  token_request_duration_seconds      histogram  le
  tls_certificate_expiry_timestamp_seconds gauge endpoint,role
  files_last_read_successful          gauge
  cluster_labels                      gauge      team`
  .trim()
  .split('\n')
  .map((line) => line.trim().split(/\s+/))
  .map(([name, type, labels = '']) => ({
    name: `zeebe_topology_${name}`,
    type,
    labels: labels.split(',').filter(Boolean),
  }));

/** The families that exist only if all physical tenants are polled. */
const ofAllTenants = ['zeebe_topology_physical_tenants', 'zeebe_topology_physical_tenant_health'];

/** The values of labels that are closed sets. */
const closedSets: Readonly<Record<string, string>> = {
  'poll_failures_total reason':
    'auth dns connect tls timeout not_found redirect rate_limited http_status content_type too_large malformed other',
  'poll_failing reason':
    'auth dns connect tls timeout not_found redirect rate_limited http_status content_type too_large malformed other',
  'cluster_health health': 'healthy degraded unhealthy unknown',
  'partition_role role': 'leader follower inactive unknown',
  'partition_health health': 'healthy unhealthy dead unknown',
  'partition_state state': 'joining active leaving recovering unknown',
  'auth_failing reason':
    'authentication_required credentials_rejected token_rejected audience_mismatch forbidden invalid_client ' +
    'invalid_scope token_request_rejected token_rate_limited token_endpoint_unreachable token_response_invalid other',
  'auth_failures_total reason':
    'authentication_required credentials_rejected token_rejected audience_mismatch forbidden invalid_client ' +
    'invalid_scope token_request_rejected token_rate_limited token_endpoint_unreachable token_response_invalid other',
  'token_request_failures_total reason':
    'invalid_client invalid_scope token_request_rejected token_rate_limited token_endpoint_unreachable ' +
    'token_response_invalid other',
  'tls_certificate_expiry_timestamp_seconds endpoint': 'cluster cluster token token',
  'tls_certificate_expiry_timestamp_seconds role': 'server client server client',
  'poll_duration_seconds le': '0.005 0.01 0.025 0.05 0.1 0.25 0.5 1.0 2.5 5.0 10.0 15.0 30.0 +Inf',
  'token_request_duration_seconds le': '0.005 0.01 0.025 0.05 0.1 0.25 0.5 1.0 2.5 5.0 10.0 15.0 30.0 +Inf',
};

const inAYear = Date.UTC(2027, 0, 1);

const token = { obtainedAt: endOfPoll, expiresAt: endOfPoll + 300_000, lifetime: 300_000 };

const complete = topology([broker('0', leader(1, { state: 'active' }))], {
  clusterSize: 1,
  partitionsCount: 1,
  clusterId: 'c0ffee',
  lastCompletedChangeId: -1,
});

/** A cluster that has series of every family, except those for which all physical tenants are polled. */
const everything: PolledCluster = {
  config: { authentication: oauth2, labels: { team: 'payments' } },
  results: [
    succeeded(complete, {
      outcome: { ok: true, topology: complete, seriesLimit: { series: 19 } },
      authentication: { up: true, token, tokenRequests: [{ seconds: 0.1 }] },
      certificates: { clusterServer: inAYear, clusterClient: inAYear, tokenServer: inAYear, tokenClient: inAYear },
      filesRead: true,
    }),
  ],
};

async function read(cluster: PolledCluster) {
  return readPage(await pageOf('text', cluster));
}

/** The families of a page of one cluster, without their prefix. */
async function namesOf(cluster: PolledCluster): Promise<readonly string[]> {
  return [...(await read(cluster)).keys()].map((name) => name.replace('zeebe_topology_', ''));
}

const healthy = succeeded(topology(threeBrokers));

describe('the families of a cluster', () => {
  it('are those that are documented, in their order, with their types', () => {
    expect(clusterFamilies.map(({ name, type }) => ({ name, type }))).toEqual(
      documented.map(({ name, type }) => ({ name, type })),
    );
  });

  it.each(
    formats,
  )('are all on the page of a cluster that has series of every family, with their labels (%s)', async (format) => {
    const families = parseStrictly(await pageOf(format, everything), format);
    const expected = documented.filter(({ name }) => !ofAllTenants.includes(name));
    expect(families.map(({ name, type }) => ({ name, type }))).toEqual(
      expected.map(({ name, type }) => ({ name, type })),
    );
    for (const { name, labels } of expected) {
      const used = families.find((family) => family.name === name)?.samples.flatMap((each) => Object.keys(each.labels));
      expect(new Set(used), name).toEqual(new Set(['zeebe_cluster', ...labels]));
    }
  });

  it.each(Object.entries(closedSets))('have the values of %s', async (labelOfFamily, values) => {
    const [name = '', label = ''] = labelOfFamily.split(' ');
    const found = samplesOf(await read(everything), name).flatMap(({ labels }) => labels[label] ?? []);
    expect(found).toEqual(values.split(' '));
  });

  it('say in HELP that they are as of the last poll, if a poll can change them', () => {
    const ofCluster = /^zeebe_topology_(cluster_(?!labels)|broker|partition|replication|gateway|last_completed)/;
    const cluster = clusterFamilies.filter(({ name, type }) => ofCluster.test(name) && type === 'gauge');
    expect(cluster).toHaveLength(16);
    for (const { name, help } of cluster) expect(help, name).toContain('last poll');
  });
});

describe('the labels of a cluster', () => {
  const labels = { team: 'payments', stage: 'a "b"\\c', _x1: '3' };

  it('are on one series of their own, before the first poll and while polls fail', async () => {
    for (const results of [[], [healthy], [failed('connect')]]) {
      const [only, ...others] = samplesOf(await read({ results, config: { labels } }), 'cluster_labels');
      expect(others).toEqual([]);
      expect(only).toMatchObject({ labels: { zeebe_cluster: 'production', ...labels }, value: 1 });
    }
  });

  it('have no series if there are none', async () => {
    expect(await namesOf({ results: [healthy] })).not.toContain('cluster_labels');
  });

  it('cannot be those that the series of the exporter have', async () => {
    const { cluster, exporter } = await documentedFamilies();
    const names = [...cluster, ...exporter].flatMap(({ labels }) => Object.keys(labels));
    expect(names).toEqual(expect.arrayContaining(['broker', 'provider', 'shard', 'status', '<label>']));
    const process = (await createProcessMetrics().render())('text').matchAll(/[{,](\w+)="/g);
    const all = new Set(['zeebe_cluster', 'le', ...names, ...[...process].map(([, name = '']) => name)]);
    expect([...all].filter((name) => !reservedLabels.has(name))).toEqual(['<label>']);
  });
});

describe('the page before the first poll', () => {
  it('has only the poll interval and counters at 0', async () => {
    const counters = ['polls_total', 'poll_failures_total', 'auth_failures_total'];
    expect(new Set(await namesOf({ results: [] }))).toEqual(new Set([...counters, 'poll_interval_seconds']));
    const families = await read({ results: [] });
    for (const name of counters)
      expect(new Set(samplesOf(families, name).map(({ value }) => value))).toEqual(new Set([0]));
    expect(valuesOf(families, 'poll_interval_seconds')).toEqual({ '': 15 });
  });

  it('has the counters of token requests too, with OAuth', async () => {
    const names = await namesOf({ results: [], config: { authentication: oauth2 } });
    expect(names.filter((name) => name.startsWith('token_'))).toEqual([
      'token_requests_total',
      'token_request_failures_total',
    ]);
  });
});

describe('the page after a failed poll', () => {
  const down: PolledCluster = { results: [healthy, failed('timeout')] };

  it('has no series of the topology, except the verdict and the leader changes', async () => {
    const cluster = (await namesOf(down)).filter((name) =>
      /^(cluster|broker|partition|replication|gateway|last_completed)/.test(name),
    );
    expect(cluster).toEqual(['cluster_health', 'partition_leader_changes_total']);
    expect(valuesOf(await read(down), 'cluster_health')).toEqual({
      'health=healthy': 0,
      'health=degraded': 0,
      'health=unhealthy': 0,
      'health=unknown': 1,
    });
  });

  it('has up at 0 and the reason at 1', async () => {
    const families = await read(down);
    expect(valuesOf(families, 'up')).toEqual({ '': 0 });
    expect(samplesOf(families, 'poll_failing').filter(({ value }) => value === 1)).toMatchObject([
      { labels: { reason: 'timeout' } },
    ]);
  });

  it('has no HTTP status of an earlier poll', async () => {
    expect(valuesOf(await read({ results: [healthy] }), 'last_http_status_code')).toEqual({ '': 200 });
    expect(await namesOf(down)).not.toContain('last_http_status_code');
  });

  it('has the last success only if there was one', async () => {
    expect(await namesOf({ results: [failed('dns')] })).not.toContain('last_success_timestamp_seconds');
    expect(valuesOf(await read(down), 'last_success_timestamp_seconds')).toEqual({ '': endOfPoll / 1000 });
  });
});

describe('the page of a cluster whose series exceed a limit', () => {
  const limited = succeeded(topology(threeBrokers), {
    outcome: {
      ok: true,
      topology: topology(threeBrokers),
      seriesLimit: { series: 90, exceeded: { setting: 'max_series', max: 89 } },
    },
  });

  it('has the verdict and the sizes, but no series of brokers, partitions and replicas', async () => {
    const names = await namesOf({ results: [limited] });
    expect(names.filter((name) => /^(broker|partition)_/.test(name))).toEqual([]);
    expect(names).toEqual(expect.arrayContaining(['up', 'cluster_health', 'cluster_size', 'brokers', 'partitions']));
    expect(valuesOf(await read({ results: [limited] }), 'series_limited')).toEqual({ '': 1 });
  });

  it('stays so while polls fail, and until its series are within the limits', async () => {
    const down = { results: [limited, failed('timeout')] };
    expect(await namesOf(down)).not.toContain('partition_leader_changes_total');
    expect(valuesOf(await read(down), 'series_limited')).toEqual({ '': 1 });
    const within = succeeded(topology(threeBrokers), {
      outcome: { ok: true, topology: topology(threeBrokers), seriesLimit: { series: 90 } },
    });
    const after = await read({ results: [limited, within] });
    expect(valuesOf(after, 'broker_up')).toEqual({ 'broker=0': 1, 'broker=1': 1, 'broker=2': 1 });
    expect(valuesOf(after, 'series_limited')).toEqual({ '': 0 });
  });
});

describe('the counters of a cluster', () => {
  it('count polls, and failures by reason', async () => {
    const results = [healthy, failed('dns'), unauthenticated('forbidden'), failed('dns')];
    const families = await read({ results });
    expect(valuesOf(families, 'polls_total')).toEqual({ '': 4 });
    expect(valuesOf(families, 'poll_failures_total')).toMatchObject({
      'reason=dns': 2,
      'reason=auth': 1,
      'reason=tls': 0,
    });
    expect(valuesOf(families, 'auth_failures_total')).toMatchObject({ 'reason=forbidden': 1, 'reason=other': 0 });
  });

  it('count an authentication failure in a poll that succeeded with the previous token', async () => {
    const authentication = { up: true, failure: failure('invalid_client'), tokenRequests: [] };
    const results = [succeeded(topology(threeBrokers), { authentication })];
    const families = await read({ results, config: { authentication: oauth2 } });
    expect(valuesOf(families, 'auth_failures_total')).toMatchObject({ 'reason=invalid_client': 1 });
    expect(valuesOf(families, 'auth_failing')).toMatchObject({ 'reason=invalid_client': 1 });
    expect(valuesOf(families, 'poll_failures_total')).toMatchObject({ 'reason=auth': 0 });
    expect(valuesOf(families, 'auth_up')).toEqual({ '': 1 });
  });

  it('count a poll that failed without a request during a back-off, but not its duration', async () => {
    const { seconds: _, httpStatus: __, ...withoutRequest } = unauthenticated('token_rejected');
    const families = await read({ results: [withoutRequest], config: { authentication: oauth2 } });
    expect(valuesOf(families, 'polls_total')).toEqual({ '': 1 });
    expect(valuesOf(families, 'auth_failures_total')).toMatchObject({ 'reason=token_rejected': 1 });
    expect(valuesOf(families, 'poll_duration_seconds')).toMatchObject({ 'le=+Inf': 0, '': 0 });
    expect(valuesOf(families, 'token_requests_total')).toEqual({ '': 0 });
  });

  it('count the token requests sent, and those that failed', async () => {
    const authentication = {
      up: true,
      tokenRequests: [{ seconds: 0.2, failure: 'token_rate_limited' as const }, { seconds: 1.5 }],
    };
    const results = [succeeded(topology(threeBrokers), { authentication })];
    const families = await read({ results, config: { authentication: oauth2 } });
    expect(valuesOf(families, 'token_requests_total')).toEqual({ '': 2 });
    expect(valuesOf(families, 'token_request_failures_total')).toMatchObject({ 'reason=token_rate_limited': 1 });
    expect(valuesOf(families, 'token_request_duration_seconds')).toMatchObject({
      'le=0.1': 0,
      'le=0.25': 1,
      'le=2.5': 2,
    });
  });

  it('count leader changes, also over failed polls', async () => {
    const moved = topology([broker('0', leader(1), leader(2)), broker('1', follower(2)), broker('2', leader(3))]);
    const families = await read({ results: [healthy, failed('connect'), succeeded(moved)] });
    expect(valuesOf(families, 'partition_leader_changes_total')).toEqual({
      'partition=1': 0,
      'partition=2': 1,
      'partition=3': 0,
    });
  });
});

describe('a fact that is unknown', () => {
  it('has no series if the answer lacks it', async () => {
    const names = await namesOf({ results: [succeeded(nothingKnown)] });
    for (const name of ['cluster_size', 'partitions', 'replication_factor', 'cluster_info', 'partition_state']) {
      expect(names).not.toContain(name);
    }
    expect(names).not.toContain('last_completed_change_id');
  });

  it('leaves up at 1 and the verdict unknown if it is the whole topology', async () => {
    const families = await read({ results: [succeeded(nothingKnown)] });
    expect(valuesOf(families, 'up')).toEqual({ '': 1 });
    expect(valuesOf(families, 'cluster_health')).toMatchObject({ 'health=unknown': 1, 'health=healthy': 0 });
    expect(valuesOf(families, 'brokers')).toEqual({ '': 0 });
  });

  it('has no series if it is the expiry or the lifetime of an opaque token', async () => {
    const authentication = { up: true, token: { obtainedAt: endOfPoll }, tokenRequests: [] };
    const results = [succeeded(topology(threeBrokers), { authentication })];
    const names = await namesOf({ results, config: { authentication: oauth2 } });
    expect(names).toContain('token_obtained_timestamp_seconds');
    expect(names).not.toContain('token_expiry_timestamp_seconds');
    expect(names).not.toContain('token_lifetime_seconds');
  });

  it('has no series if it is whether the credentials are accepted', async () => {
    expect(await namesOf({ results: [failed('connect')] })).not.toContain('auth_up');
  });
});

describe('the authentication families', () => {
  it.each([
    { method: 'none' },
    basic,
  ] as const)('have the method $method, and no series of tokens', async (authentication) => {
    const polled = { results: [healthy], config: { authentication } };
    expect(valuesOf(await read(polled), 'auth_info')).toEqual({ [`method=${authentication.method}`]: 1 });
    expect((await namesOf(polled)).filter((name) => name.startsWith('token_'))).toEqual([]);
  });

  it('keep the times of the token while polls fail', async () => {
    const authentication = { up: true, token, tokenRequests: [] };
    const results = [succeeded(topology(threeBrokers), { authentication }), failed('dns')];
    const families = await read({ results, config: { authentication: oauth2 } });
    expect(valuesOf(families, 'token_expiry_timestamp_seconds')).toEqual({ '': token.expiresAt / 1000 });
    expect(valuesOf(families, 'token_obtained_timestamp_seconds')).toEqual({ '': token.obtainedAt / 1000 });
    expect(valuesOf(families, 'token_lifetime_seconds')).toEqual({ '': 300 });
  });
});

describe('the expiry of certificates', () => {
  const certificates = { clusterServer: inAYear, clusterClient: inAYear + 1_500 };

  it('has no series if none was seen and none is configured', async () => {
    const names = await namesOf({ results: [healthy, failed('tls')] });
    expect(names).not.toContain('tls_certificate_expiry_timestamp_seconds');
  });

  it('is that of the chain last seen while polls fail', async () => {
    const results = [{ ...healthy, certificates }, failed('connect'), failed('tls', { certificates: {} })];
    const families = await read({ results });
    expect(valuesOf(families, 'tls_certificate_expiry_timestamp_seconds')).toEqual({
      'endpoint=cluster role=server': inAYear / 1000,
      'endpoint=cluster role=client': inAYear / 1000 + 1.5,
    });
  });

  it('is that of a renewed certificate as soon as it is seen', async () => {
    const renewed = failed('http_status', { certificates: { clusterServer: inAYear + 5_000 } });
    const families = await read({ results: [{ ...healthy, certificates }, renewed] });
    expect(valuesOf(families, 'tls_certificate_expiry_timestamp_seconds')).toMatchObject({
      'endpoint=cluster role=server': inAYear / 1000 + 5,
    });
  });
});

describe('files_last_read_successful', () => {
  it.each([
    [true, { '': 1 }],
    [false, { '': 0 }],
    [undefined, {}],
  ])('after a poll with filesRead %s', async (filesRead, values) => {
    const families = await read({ results: [{ ...healthy, ...(filesRead !== undefined && { filesRead }) }] });
    expect(valuesOf(families, 'files_last_read_successful')).toEqual(values);
  });
});

describe('the number of series', () => {
  const partitions = Array.from({ length: 3 }, (_, index) => index + 1);
  const clusterOf = (brokers: number, state?: 'active') =>
    topology(
      Array.from({ length: brokers }, (_, id) =>
        broker(String(id), ...partitions.map((one) => follower(one, state ? { state } : {}))),
      ),
      { clusterSize: brokers },
    );
  const count = async (brokers: number, state?: 'active') =>
    [...(await read({ results: [succeeded(clusterOf(brokers, state))] })).values()].flatMap(({ samples }) => samples)
      .length;

  it('grows by 8 per replica and 2 per broker', async () => {
    expect((await count(4)) - (await count(3))).toBe(3 * 8 + 2);
  });

  it('grows by 13 per replica with a state', async () => {
    expect((await count(4, 'active')) - (await count(3, 'active'))).toBe(3 * 13 + 2);
  });
});
