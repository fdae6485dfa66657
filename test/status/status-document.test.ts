import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noHistory } from '../../src/poll/events.ts';
import type { PollResult } from '../../src/poll/poll.ts';
import { exceededText } from '../../src/poll/series-limit.ts';
import { Secret } from '../../src/secret.ts';
import { clusterStatus } from '../../src/status/status-document.ts';
import { anyAnswer } from '../arbitraries.ts';
import { told } from '../failure-texts.ts';
import { endOfPoll, failed, failure, remedy, stateAfter, succeeded, unauthenticated } from '../polls.ts';
import {
  broker,
  follower,
  leader,
  onePartition,
  oneWithoutLeader,
  recorded,
  tenant,
  tenants,
  threeBrokers,
  topology,
  topologyOf,
} from '../topologies.ts';

const end = endOfPoll / 1000;

function statusAfter(...results: readonly PollResult[]) {
  return clusterStatus(stateAfter(results), noHistory, []);
}

describe('the status of a cluster whose series exceed a limit', () => {
  const outcome = { ok: true, topology: topology(threeBrokers) } as const;

  it('says which limit and how many series, and still has the topology', () => {
    const exceeded = { setting: 'max_series_total', max: 89 } as const;
    const limited = succeeded(outcome.topology, { outcome: { ...outcome, seriesLimit: { series: 90, exceeded } } });
    const { seriesLimited, topology, verdict, findings } = statusAfter(limited);
    expect(seriesLimited).toEqual({
      setting: 'max_series_total',
      max: 89,
      series: 90,
      message: exceededText(90, exceeded),
      remedy: 'raise max_series_total if Prometheus has room for more series',
    });
    expect([verdict, findings, topology?.brokers.length]).toEqual(['healthy', [], 3]);
  });

  it('says nothing of a limit that is not exceeded', () => {
    const within = succeeded(outcome.topology, { outcome: { ...outcome, seriesLimit: { series: 90 } } });
    expect(statusAfter(within)).not.toHaveProperty('seriesLimited');
  });
});

describe('the status of a cluster', () => {
  it('before the first poll has the verdict unknown and no topology', () => {
    expect(statusAfter()).toEqual({
      name: 'production',
      verdict: 'unknown',
      findings: [{ verdict: 'unknown', kind: 'not_polled', text: 'not polled yet' }],
      pollInterval: 15,
      authentication: { method: 'none' },
      events: [],
      links: [],
    });
  });

  it('has the links of web.external_links, with its percent-encoded name', () => {
    const state = stateAfter([], { name: 'a/b {cluster} $&' });
    const template = 'https://grafana.example.com/{cluster}?var-cluster={cluster}';
    const encoded = 'a%2Fb%20%7Bcluster%7D%20%24%26';
    expect(clusterStatus(state, noHistory, [{ name: 'Grafana', template }]).links).toEqual([
      { name: 'Grafana', url: `https://grafana.example.com/${encoded}?var-cluster=${encoded}` },
    ]);
  });

  it('has the changes of leaders, with times in seconds', () => {
    const change = { at: endOfPoll + 1_500, partition: 1, from: ['0'], to: [] };
    const history = { ...noHistory, leaderTimeline: { since: endOfPoll, changes: [change] } };
    expect(clusterStatus(stateAfter([]), history, []).leaderTimeline).toEqual({
      since: end,
      changes: [{ ...change, at: end + 1.5 }],
    });
  });

  it('before the first probe, if only probes poll it, says so', () => {
    const { findings, pollInterval } = clusterStatus(stateAfter([], { pollInterval: 0 }), noHistory, []);
    expect(findings).toEqual([{ verdict: 'unknown', kind: 'not_polled', text: 'not probed yet' }]);
    expect(pollInterval).toBe(0);
  });

  it('contains the topology, with replicas as tuples', () => {
    const [first] = threeBrokers;
    const { topology: shown } = statusAfter(succeeded(topology(threeBrokers)));
    expect(shown?.brokers[0]).toEqual({
      ...first,
      replicas: [
        [1, 'leader', 'healthy'],
        [2, 'follower', 'healthy'],
        [3, 'follower', 'healthy'],
      ],
    });
    expect(shown?.partitions[1]).toEqual({ id: 2, leaders: ['1'], replicas: 3, healthyReplicas: 3 });
    expect(shown).toMatchObject({ clusterSize: 3, partitionsCount: 3, replicationFactor: 3, gatewayVersion: '8.6.0' });
  });

  it('contains the state of a replica if the gateway reports it', () => {
    const joining = topology([broker('0', leader(1), follower(2, { state: 'joining' }))]);
    expect(statusAfter(succeeded(joining)).topology?.brokers[0]?.replicas[1]).toEqual([
      2,
      'follower',
      'healthy',
      'joining',
    ]);
  });

  it('contains the physical tenants, their verdicts, partitions and replicas, which are then not listed above', () => {
    const { topology: shown } = statusAfter(
      succeeded(tenants(tenant('default', onePartition), tenant('orders', oneWithoutLeader))),
    );
    expect(shown?.partitions).toEqual([]);
    expect(shown?.brokers.map(({ id, replicas }) => [id, replicas])).toEqual([
      ['0', []],
      ['1', []],
      ['2', []],
    ]);
    expect(shown?.physicalTenants).toMatchObject([
      { id: 'default', verdict: 'healthy', partitionsCount: 1, partitions: [{ id: 1, leaders: ['0'] }] },
      { id: 'orders', verdict: 'unhealthy', brokers: [{ id: '0', replicas: [[1, 'follower', 'healthy']] }, {}, {}] },
    ]);
    expect(statusAfter(succeeded(topology(threeBrokers))).topology).not.toHaveProperty('physicalTenants');
  });

  it('lists the missing brokers, also as findings', () => {
    const status = statusAfter(succeeded(topologyOf(recorded('8.6.0-3x3x3-broker-gone'))));
    expect(status.verdict).toBe('degraded');
    expect(status.findings[0]).toEqual({
      verdict: 'degraded',
      kind: 'broker_missing',
      text: 'broker 1 is missing',
    });
    expect(status.topology?.missingBrokers).toEqual(['1']);
  });

  it('after a failed poll contains the failure and its remedy, and no topology', () => {
    const status = statusAfter(succeeded(topology(threeBrokers)), failed('connect', { endedAt: endOfPoll + 15_000 }));
    expect(status.findings).toEqual([
      {
        verdict: 'unknown',
        kind: 'poll_failed',
        text: 'the last poll failed: the request failed: what connect is',
        remedy,
      },
    ]);
    expect(status.lastPoll).toEqual({ endedAt: end + 15, failure: told(failure('connect')) });
    expect(status.lastSuccessAt).toBe(end);
    expect(status).not.toHaveProperty('topology');
  });

  it('contains the failure of authentication and the times of the token', () => {
    const token = { obtainedAt: endOfPoll, expiresAt: endOfPoll + 300_000, lifetime: 300_000 };
    const refused = unauthenticated('invalid_client');
    const status = statusAfter({ ...refused, authentication: { ...refused.authentication, token } });
    expect(status.authentication).toEqual({
      method: 'none',
      up: false,
      failure: told(failure('invalid_client')),
      token: { obtainedAt: end, expiresAt: end + 300, lifetime: 300 },
    });
  });

  it('contains no other field of a token', () => {
    const token = { obtainedAt: endOfPoll, accessToken: new Secret('hunter2'), audiences: ['hunter2'] };
    const result = succeeded(topology(threeBrokers), { authentication: { up: true, token, tokenRequests: [] } });
    expect(JSON.stringify(statusAfter(result))).not.toContain('hunter2');
    expect(statusAfter(result).authentication.token).toEqual({ obtainedAt: end });
  });

  it('has findings if and only if the verdict is not healthy', () => {
    fc.assert(
      fc.property(fc.array(fc.option(anyAnswer), { maxLength: 4 }), (answers) => {
        const results = answers.map((answer) => (answer ? succeeded(topologyOf(answer)) : failed('timeout')));
        const { verdict, findings } = statusAfter(...results);
        expect(findings[0]?.verdict ?? 'healthy').toBe(verdict);
      }),
    );
  });

  it('has less than 64 kB for 100 brokers and 300 partitions with 3 replicas each', () => {
    const partitions = Array.from({ length: 300 }, (_, index) => index + 1);
    const brokers = Array.from({ length: 100 }, (_, id) =>
      broker(`${id}`, ...partitions.filter((each) => (each + id) % 100 < 3).map((each) => follower(each))),
    );
    const large = topology(brokers, { clusterSize: 100, partitionsCount: 300 });
    expect(JSON.stringify(statusAfter(succeeded(large))).length).toBeLessThan(64_000);
  });
});
