import { describe, expect, it } from 'vitest';
import { clusterFamilies } from '../../src/metrics/cluster-part.ts';
import { formats } from '../../src/metrics/family.ts';
import { endOfPoll, failed, failure, succeeded, unauthenticated } from '../polls.ts';
import { broker, follower, leader, nothingKnown, threeBrokers, topology } from '../topologies.ts';
import { basic, oauth2 } from './authentication.ts';
import { pageOf, readPage, samplesOf, valuesOf, type Watched } from './pages.ts';
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
  files_last_read_successful          gauge`
  .trim()
  .split('\n')
  .map((line) => line.trim().split(/\s+/))
  .map(([name, type, labels = '']) => ({
    name: `zeebe_topology_${name}`,
    type,
    labels: labels.split(',').filter(Boolean),
  }));

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

/** A cluster that has everything there is. */
const everything: Watched = {
  config: { authentication: oauth2 },
  results: [
    succeeded(
      topology([broker('0', leader(1, { state: 'active' }))], {
        clusterSize: 1,
        partitionsCount: 1,
        clusterId: 'c0ffee',
        lastCompletedChangeId: -1,
      }),
      {
        authentication: { up: true, token, tokenRequests: [{ seconds: 0.1 }] },
        certificates: { clusterServer: inAYear, clusterClient: inAYear, tokenServer: inAYear, tokenClient: inAYear },
        filesRead: true,
      },
    ),
  ],
};

async function read(watched: Watched) {
  return readPage(await pageOf('text', watched));
}

/** The families of a page of one cluster, without their prefix. */
async function namesOf(watched: Watched): Promise<readonly string[]> {
  return [...(await read(watched)).keys()].map((name) => name.replace('zeebe_topology_', ''));
}

const healthy = succeeded(topology(threeBrokers));

describe('the families of a cluster', () => {
  it('are those that are documented, in their order, with their types', () => {
    expect(clusterFamilies.map(({ name, type }) => ({ name, type }))).toEqual(
      documented.map(({ name, type }) => ({ name, type })),
    );
  });

  it.each(formats)('all stand on the page of a cluster that has everything, with their labels (%s)', async (format) => {
    const families = parseStrictly(await pageOf(format, everything), format);
    expect(families.map(({ name, type }) => ({ name, type }))).toEqual(
      documented.map(({ name, type }) => ({ name, type })),
    );
    for (const { name, labels } of documented) {
      const used = families.find((family) => family.name === name)?.samples.flatMap((each) => Object.keys(each.labels));
      expect(new Set(used), name).toEqual(new Set(['zeebe_cluster', ...labels]));
    }
  });

  it.each(Object.entries(closedSets))('have the values of %s', async (labelOfFamily, values) => {
    const [name = '', label = ''] = labelOfFamily.split(' ');
    const found = samplesOf(await read(everything), name).flatMap(({ labels }) => labels[label] ?? []);
    expect(found).toEqual(values.split(' '));
  });

  it('say that they are of the last poll, where a poll can change them', () => {
    const ofCluster = /^zeebe_topology_(cluster|broker|partition|replication|gateway|last_completed)/;
    const cluster = clusterFamilies.filter(({ name, type }) => ofCluster.test(name) && type === 'gauge');
    expect(cluster).toHaveLength(16);
    for (const { name, help } of cluster) expect(help, name).toContain('last poll');
  });
});

describe('before the first poll', () => {
  it('there are the interval and counters at 0 only', async () => {
    const counters = ['polls_total', 'poll_failures_total', 'auth_failures_total'];
    expect(new Set(await namesOf({ results: [] }))).toEqual(new Set([...counters, 'poll_interval_seconds']));
    const families = await read({ results: [] });
    for (const name of counters)
      expect(new Set(samplesOf(families, name).map(({ value }) => value))).toEqual(new Set([0]));
    expect(valuesOf(families, 'poll_interval_seconds')).toEqual({ '': 15 });
  });

  it('there are the counters of token requests too, with OAuth', async () => {
    const names = await namesOf({ results: [], config: { authentication: oauth2 } });
    expect(names.filter((name) => name.startsWith('token_'))).toEqual([
      'token_requests_total',
      'token_request_failures_total',
    ]);
  });
});

describe('after a failed poll', () => {
  const down: Watched = { results: [healthy, failed('timeout')] };

  it('the series of the cluster are gone, except the verdict and the leader changes', async () => {
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

  it('up is 0 and the reason 1', async () => {
    const families = await read(down);
    expect(valuesOf(families, 'up')).toEqual({ '': 0 });
    expect(samplesOf(families, 'poll_failing').filter(({ value }) => value === 1)).toMatchObject([
      { labels: { reason: 'timeout' } },
    ]);
  });

  it('there is no status of an earlier answer', async () => {
    expect(valuesOf(await read({ results: [healthy] }), 'last_http_status_code')).toEqual({ '': 200 });
    expect(await namesOf(down)).not.toContain('last_http_status_code');
  });

  it('there is a last success only where there was one', async () => {
    expect(await namesOf({ results: [failed('dns')] })).not.toContain('last_success_timestamp_seconds');
    expect(valuesOf(await read(down), 'last_success_timestamp_seconds')).toEqual({ '': endOfPoll / 1000 });
  });
});

describe('the counters', () => {
  it('count polls and failures, by their reasons', async () => {
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

  it('count an authentication failure that the old token saved, which failed no poll', async () => {
    const authentication = { up: true, failure: failure('invalid_client'), tokenRequests: [] };
    const results = [succeeded(topology(threeBrokers), { authentication })];
    const families = await read({ results, config: { authentication: oauth2 } });
    expect(valuesOf(families, 'auth_failures_total')).toMatchObject({ 'reason=invalid_client': 1 });
    expect(valuesOf(families, 'auth_failing')).toMatchObject({ 'reason=invalid_client': 1 });
    expect(valuesOf(families, 'poll_failures_total')).toMatchObject({ 'reason=auth': 0 });
    expect(valuesOf(families, 'auth_up')).toEqual({ '': 1 });
  });

  it('count a poll that a cool-down failed without a request, of which there is no duration', async () => {
    const { seconds: _, httpStatus: __, ...withoutRequest } = unauthenticated('token_rejected');
    const families = await read({ results: [withoutRequest], config: { authentication: oauth2 } });
    expect(valuesOf(families, 'polls_total')).toEqual({ '': 1 });
    expect(valuesOf(families, 'auth_failures_total')).toMatchObject({ 'reason=token_rejected': 1 });
    expect(valuesOf(families, 'poll_duration_seconds')).toMatchObject({ 'le=+Inf': 0, '': 0 });
    expect(valuesOf(families, 'token_requests_total')).toEqual({ '': 0 });
  });

  it('count the token requests really sent, and those that failed', async () => {
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

  it('count the leaders that changed, through failed polls', async () => {
    const moved = topology([broker('0', leader(1), leader(2)), broker('1', follower(2)), broker('2', leader(3))]);
    const families = await read({ results: [healthy, failed('connect'), succeeded(moved)] });
    expect(valuesOf(families, 'partition_leader_changes_total')).toEqual({
      'partition=1': 0,
      'partition=2': 1,
      'partition=3': 0,
    });
  });
});

describe('what the answer does not tell', () => {
  it('has no series', async () => {
    const names = await namesOf({ results: [succeeded(nothingKnown)] });
    for (const name of ['cluster_size', 'partitions', 'replication_factor', 'cluster_info', 'partition_state']) {
      expect(names).not.toContain(name);
    }
    expect(names).not.toContain('last_completed_change_id');
  });

  it('leaves up at 1 and the verdict unknown while the gateway knows no topology', async () => {
    const families = await read({ results: [succeeded(nothingKnown)] });
    expect(valuesOf(families, 'up')).toEqual({ '': 1 });
    expect(valuesOf(families, 'cluster_health')).toMatchObject({ 'health=unknown': 1, 'health=healthy': 0 });
    expect(valuesOf(families, 'brokers')).toEqual({ '': 0 });
  });

  it('is, of an opaque token, when it expires and how long it lives', async () => {
    const authentication = { up: true, token: { obtainedAt: endOfPoll }, tokenRequests: [] };
    const results = [succeeded(topology(threeBrokers), { authentication })];
    const names = await namesOf({ results, config: { authentication: oauth2 } });
    expect(names).toContain('token_obtained_timestamp_seconds');
    expect(names).not.toContain('token_expiry_timestamp_seconds');
    expect(names).not.toContain('token_lifetime_seconds');
  });

  it('is whether the credentials are good, until that was decided', async () => {
    expect(await namesOf({ results: [failed('connect')] })).not.toContain('auth_up');
  });
});

describe('authentication', () => {
  it.each([
    { method: 'none' },
    basic,
  ] as const)('by $method is told, and has no series of tokens', async (authentication) => {
    const watched = { results: [healthy], config: { authentication } };
    expect(valuesOf(await read(watched), 'auth_info')).toEqual({ [`method=${authentication.method}`]: 1 });
    expect((await namesOf(watched)).filter((name) => name.startsWith('token_'))).toEqual([]);
  });

  it('keeps the token’s times while polls fail', async () => {
    const authentication = { up: true, token, tokenRequests: [] };
    const results = [succeeded(topology(threeBrokers), { authentication }), failed('dns')];
    const families = await read({ results, config: { authentication: oauth2 } });
    expect(valuesOf(families, 'token_expiry_timestamp_seconds')).toEqual({ '': token.expiresAt / 1000 });
    expect(valuesOf(families, 'token_obtained_timestamp_seconds')).toEqual({ '': token.obtainedAt / 1000 });
    expect(valuesOf(families, 'token_lifetime_seconds')).toEqual({ '': 300 });
  });
});

describe('certificates', () => {
  const certificates = { clusterServer: inAYear, clusterClient: inAYear + 1_500 };

  it('have no series where none was seen and none is configured', async () => {
    const names = await namesOf({ results: [healthy, failed('tls')] });
    expect(names).not.toContain('tls_certificate_expiry_timestamp_seconds');
  });

  it('keep the expiry last seen while polls fail', async () => {
    const results = [{ ...healthy, certificates }, failed('connect'), failed('tls', { certificates: {} })];
    const families = await read({ results });
    expect(valuesOf(families, 'tls_certificate_expiry_timestamp_seconds')).toEqual({
      'endpoint=cluster role=server': inAYear / 1000,
      'endpoint=cluster role=client': inAYear / 1000 + 1.5,
    });
  });

  it('have the expiry of the one that has come in their place', async () => {
    const renewed = failed('http_status', { certificates: { clusterServer: inAYear + 5_000 } });
    const families = await read({ results: [{ ...healthy, certificates }, renewed] });
    expect(valuesOf(families, 'tls_certificate_expiry_timestamp_seconds')).toMatchObject({
      'endpoint=cluster role=server': inAYear / 1000 + 5,
    });
  });
});

describe('files', () => {
  it.each([
    [true, { '': 1 }],
    [false, { '': 0 }],
    [undefined, {}],
  ])('read with success: %s', async (filesRead, values) => {
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

  it('grows by 8 a replica and 2 a broker', async () => {
    expect((await count(4)) - (await count(3))).toBe(3 * 8 + 2);
  });

  it('grows by 13 a replica where there is a state', async () => {
    expect((await count(4, 'active')) - (await count(3, 'active'))).toBe(3 * 13 + 2);
  });
});
