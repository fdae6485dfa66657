import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClusterHistory, nextHistory, noHistory } from '../../src/poll/events.ts';
import type { PollResult } from '../../src/poll/poll.ts';
import type { ExceededLimit } from '../../src/poll/series-limit.ts';
import { initialState, nextState } from '../../src/poll/state.ts';
import { anyAnswer } from '../arbitraries.ts';
import { clusterConfig, endOfPoll, failed, failure, succeeded, unauthenticated } from '../polls.ts';
import {
  broker,
  follower,
  leader,
  nothingKnown,
  onePartition,
  oneWithoutLeader,
  tenant,
  tenants,
  threeBrokers,
  topology,
  topologyOf,
} from '../topologies.ts';

/** Polls one after the other, a second apart. */
function historyOf(results: readonly PollResult[]): ClusterHistory {
  let state = initialState(clusterConfig());
  let history = noHistory;
  for (const [index, result] of results.entries()) {
    const previous = state;
    state = nextState(previous, { ...result, endedAt: endOfPoll + index * 1_000 });
    history = nextHistory(history, previous, state);
  }
  return history;
}

function textsOf(results: readonly PollResult[]): readonly string[] {
  return historyOf(results).events.map(({ text }) => text);
}

const well = succeeded(topology(threeBrokers));
const brokerGone = succeeded(topology(threeBrokers.filter(({ id }) => id !== '2')));
const [zero, one, two] = ['0', '1', '2'].map((id) => threeBrokers.filter((each) => each.id === id));

describe('the series of a cluster', () => {
  const with90 = (exceeded?: ExceededLimit) =>
    succeeded(topology(threeBrokers), {
      outcome: {
        ok: true,
        topology: topology(threeBrokers),
        seriesLimit: { series: 90, ...(exceeded && { exceeded }) },
      },
    });
  const limited = with90({ setting: 'max_series', max: 89 });

  it('lead to one event when they exceed a limit, and to one when they no longer do', () => {
    expect(textsOf([limited, limited, failed('dns'), limited, with90(), with90()])).toEqual([
      'the series of brokers, partitions and replicas are exposed again',
      'polls succeed again',
      'polls fail (dns): the request failed: what dns is',
      'the cluster is healthy',
      'the 90 series of brokers, partitions and replicas are not exposed, as they exceed max_series (89)',
    ]);
  });

  it('lead to no event within the limits', () => {
    expect(textsOf([with90()])).toEqual(['the cluster is healthy']);
  });

  it('lead to another event when they exceed another limit', () => {
    const inTotal = with90({ setting: 'max_series_total', max: 80 });
    expect(textsOf([limited, inTotal])[0]).toBe(
      'the 90 series of brokers, partitions and replicas are not exposed, as they exceed max_series_total (80) together with those of smaller clusters',
    );
  });
});

describe('the history of a cluster', () => {
  it('begins with the first verdict, and holds nothing while nothing changes', () => {
    const { events, verdictSince } = historyOf([well, well, well]);
    expect(events).toEqual([
      { at: endOfPoll, kind: 'verdict_changed', text: 'the cluster is healthy', verdict: 'healthy' },
    ]);
    expect(verdictSince).toBe(endOfPoll);
  });

  it('is empty before the first poll has ended', () => {
    const state = initialState(clusterConfig());
    expect(nextHistory(noHistory, state, state)).toEqual(noHistory);
  });

  it('has the events of the last poll alone, causes before effects', () => {
    expect(historyOf([well, brokerGone]).latest.map(({ kind }) => kind)).toEqual(['broker_missing', 'verdict_changed']);
    expect(historyOf([well, brokerGone, brokerGone]).latest).toEqual([]);
  });

  it('tells of at most ten of the brokers and leaders that one poll shows, and how many more there are', () => {
    const members = Array.from({ length: 11 }, (_, index) => broker(`b${index}`, follower(index + 1)));
    const lost = (count: number) =>
      textsOf([
        succeeded(topology(members, { clusterSize: 11 })),
        succeeded(topology(members.slice(count), { clusterSize: 11 })),
      ]);
    const ten = members.slice(0, 10).map(({ id }) => id);
    expect(lost(10)).toContain(`brokers ${ten.slice(0, 9).join(', ')} and b9 are missing`);
    expect(lost(11)).toContain(`brokers ${ten.join(', ')} and 1 more are missing`);
  });

  it('tells a broker that goes missing and its way back, the newest first', () => {
    const { events } = historyOf([well, brokerGone, brokerGone, well]);
    expect(events.map(({ at, kind, text }) => [at - endOfPoll, kind, text])).toEqual([
      [3_000, 'verdict_changed', 'the cluster became healthy (was unhealthy)'],
      [3_000, 'broker_back', 'broker 2 is back'],
      [1_000, 'verdict_changed', 'the cluster became unhealthy (was healthy): partition 3 has no leader'],
      [1_000, 'broker_missing', 'broker 2 is missing'],
      [0, 'verdict_changed', 'the cluster is healthy'],
    ]);
  });

  it('tells a leader that moved', () => {
    const moved = [broker('0', follower(1), follower(2), follower(3)), broker('1', leader(1), leader(2), follower(3))];
    expect(textsOf([well, succeeded(topology([...moved, ...(two ?? [])]))])[0]).toBe(
      'leader moved: partition 1 from broker 0 to 1',
    );
  });

  it('puts thousands of leaders that move at once into one short event', () => {
    const partitions = Array.from({ length: 1_000 }, (_, index) => index + 1);
    const led = (by: string) =>
      succeeded(
        topology(
          ['0', '1'].map((id) => broker(id, ...partitions.map((each) => (id === by ? leader(each) : follower(each))))),
          { clusterSize: 2, partitionsCount: 1_000, replicationFactor: 2 },
        ),
      );
    const [moved] = historyOf([led('0'), led('1')]).events;
    expect(moved?.kind).toBe('leader_moved');
    expect(moved?.text).toMatch(/^leaders moved: partition 1 from broker 0 to 1, .* and 990 more$/);
  });

  it('tells polls that fail once for each reason, and that they succeed again', () => {
    const texts = textsOf([well, failed('timeout'), failed('timeout'), failed('connect'), well]);
    expect(texts).toEqual([
      'polls succeed again',
      'polls fail (connect): the request failed: what connect is',
      'polls fail (timeout): the request failed: what timeout is',
      'the cluster is healthy',
    ]);
  });

  it('tells of a failure the first 120 characters, in one line', () => {
    const messageOf = (cause: string) => {
      const outcome = { ok: false, failure: failure('connect', cause) } as const;
      const { authentication } = failed('auth', {
        authentication: { failure: failure('other', cause), tokenRequests: [] },
      });
      return textsOf([failed('connect', { outcome, authentication })]);
    };
    const beginning = 'the request failed: a';
    const rest = 'b'.repeat(120 - beginning.length - 1);
    expect(messageOf(`a\n${rest}`)).toEqual([
      `polls fail (connect): ${beginning} ${rest}`,
      `authentication fails (other): ${beginning} ${rest}`,
    ]);
    expect(messageOf(`a\n${rest}c`)).toEqual([
      `polls fail (connect): ${beginning} ${rest}…`,
      `authentication fails (other): ${beginning} ${rest}…`,
    ]);
  });

  it('tells of at most ten changes of versions in one poll, and which brokers have further ones', () => {
    const running = (version: (index: number) => string) =>
      succeeded(
        topology(
          Array.from({ length: 23 }, (_, index) => ({ ...broker(`b${index}`, follower(1)), version: version(index) })),
          { clusterSize: 23, partitionsCount: 1, replicationFactor: 3 },
        ),
      );
    const { latest } = historyOf([running((index) => `1.${index}`), running((index) => `2.${index}`)]);
    expect(latest.map(({ kind }) => kind)).toEqual(Array.from({ length: 11 }, () => 'version_changed'));
    expect(latest[9]?.text).toBe('broker b9 runs 2.9 (was 1.9)');
    expect(latest[10]?.text).toBe(
      'brokers b10, b11, b12, b13, b14, b15, b16, b17, b18, b19 and 3 more run another version than before',
    );
  });

  it('tells of an id and of a version the first 60 characters', () => {
    const named = (length: number) => 'i'.repeat(length);
    const led = (id: string, version: string) =>
      succeeded(
        topology([{ ...broker(id, leader(1)), version }], { clusterSize: 1, partitionsCount: 1, replicationFactor: 1 }),
      );
    const told = (length: number) =>
      textsOf([led('0', '1'), led(named(length), '1'), led(named(length), named(length)), led('0', '1')]).join('\n');
    for (const text of [
      `broker ${named(60)} runs ${named(60)} (was 1)`,
      `from broker ${named(60)} to 0`,
      `from broker 0 to ${named(60)}`,
    ]) {
      expect(told(60)).toContain(text);
    }
    for (const text of [
      `broker ${named(60)}… runs ${named(60)}… (was 1)`,
      `from broker ${named(60)}… to 0`,
      `from broker 0 to ${named(60)}…`,
    ]) {
      expect(told(61)).toContain(text);
    }
  });

  it('tells what changed while polls failed', () => {
    const upgraded = threeBrokers.map((each) => ({ ...each, version: '8.7.0' }));
    expect(textsOf([brokerGone, failed('connect'), succeeded(topology(upgraded))]).slice(0, 3)).toEqual([
      'the cluster became healthy (was unhealthy)',
      'broker 2 is back',
      'brokers 0 and 1 run 8.7.0 (was 8.6.0)',
    ]);
  });

  it('does not repeat what was so before polls failed', () => {
    expect(textsOf([brokerGone, failed('connect'), brokerGone]).slice(0, 2)).toEqual([
      'polls succeed again',
      'polls fail (connect): the request failed: what connect is',
    ]);
  });

  it('says since when the verdict is what it is, that of failing polls too', () => {
    expect(historyOf([well, failed('connect'), failed('timeout')]).verdictSince).toBe(endOfPoll + 1_000);
    expect(historyOf([well, failed('connect'), well]).verdictSince).toBe(endOfPoll + 2_000);
  });

  it('compares with the last topology known when a gateway knows none for a while', () => {
    expect(textsOf([brokerGone, succeeded(nothingKnown), well]).slice(0, 3)).toEqual([
      'the cluster became healthy (was unknown)',
      'broker 2 is back',
      'the cluster became unknown (was unhealthy): the gateway knows no topology yet',
    ]);
  });

  it('tells a renewal that fails while the old token serves, and its end', () => {
    const saved = succeeded(topology(threeBrokers), {
      authentication: { up: true, failure: failure('token_endpoint_unreachable'), tokenRequests: [] },
    });
    expect(textsOf([well, saved, saved, well]).slice(0, 2)).toEqual([
      'authentication works again',
      'authentication fails (token_endpoint_unreachable): the request failed: what token_endpoint_unreachable is; the old token still works',
    ]);
  });

  it('does not take authentication for working because a poll failed before it was reached', () => {
    const refused = unauthenticated('invalid_client');
    expect(textsOf([well, refused, failed('connect'), refused, well])).toEqual([
      'polls succeed again',
      'authentication works again',
      'polls fail (auth)',
      'polls fail (connect): the request failed: what connect is',
      'polls fail (auth)',
      'authentication fails (invalid_client): the request failed: what invalid_client is',
      'the cluster is healthy',
    ]);
  });

  it('tells versions and sizes that change', () => {
    const newer = [...(zero ?? []), ...(one ?? []), ...(two ?? []).map((each) => ({ ...each, version: '8.6.1' }))];
    const grown = topology(newer, { gatewayVersion: '8.6.1', partitionsCount: 4 });
    expect(textsOf([well, succeeded(grown)]).filter((text) => text.includes('(was '))).toEqual([
      'the cluster became unhealthy (was healthy): partition 4 has no leader',
      'the gateway runs 8.6.1 (was 8.6.0)',
      'broker 2 runs 8.6.1 (was 8.6.0)',
      'the cluster has 4 partitions (was 3)',
    ]);
  });

  it('keeps the newest fifty', () => {
    const results = Array.from({ length: 200 }, (_, index) => (index % 2 === 0 ? well : failed('connect')));
    const { events } = historyOf(results);
    expect(events).toHaveLength(50);
    expect(events[0]).toEqual({ at: endOfPoll + 199_000, kind: 'polls_failing', text: expect.any(String) });
  });

  it('holds short, single lines, newest first, whatever gateways answer', () => {
    const answers = fc.array(fc.option(anyAnswer), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(answers, (all) => {
        const { events } = historyOf(all.map((answer) => (answer ? succeeded(topologyOf(answer)) : failed('connect'))));
        const times = events.map(({ at }) => at);
        expect(times).toEqual(times.toSorted((a, b) => b - a));
        for (const { text } of events) expect(text).toMatch(/^[^\p{C}\u2028]{1,2000}$/u);
        expect(new Set(events.map(({ at, kind, text }) => `${at} ${kind} ${text}`)).size).toBe(events.length);
      }),
    );
  });
});

describe('in an event', () => {
  const long = 'x'.repeat(200);
  const cut = (length: number) => `${'x'.repeat(length)}…`;

  it('the message of a failure has 120 characters at most', () => {
    const result = failed('connect', { outcome: { ok: false, failure: failure('connect', long) } });
    expect(textsOf([result])).toEqual([`polls fail (connect): the request failed: ${cut(100)}`]);
  });

  it('a version has 60 characters at most', () => {
    const upgraded = topology(threeBrokers, { gatewayVersion: long });
    expect(textsOf([well, succeeded(upgraded), well]).slice(0, 2)).toEqual([
      `the gateway runs 8.6.0 (was ${cut(60)})`,
      `the gateway runs ${cut(60)} (was 8.6.0)`,
    ]);
  });

  it('a broker has 60 characters at most', () => {
    const ledBy = (id: string) => succeeded(topology([broker(id, leader(1))], { partitionsCount: 1 }));
    expect(textsOf([ledBy(long), ledBy(`y${long}`)])).toContain(
      `leader moved: partition 1 from broker ${cut(60)} to y${cut(59)}`,
    );
  });
});

describe('the events of physical tenants', () => {
  const good = tenant('default', onePartition);
  const orders = tenant('orders', onePartition);

  it('tell a tenant whose verdict changes, before that of the cluster', () => {
    const { events } = historyOf([
      succeeded(tenants(good, orders)),
      succeeded(tenants(good, tenant('orders', oneWithoutLeader))),
    ]);
    expect(events.map(({ kind, text }) => [kind, text])).toEqual([
      [
        'verdict_changed',
        'the cluster became unhealthy (was healthy): physical tenant orders: partition 1 has no leader',
      ],
      ['tenant_verdict_changed', 'physical tenant orders became unhealthy (was healthy)'],
      ['verdict_changed', 'the cluster is healthy'],
    ]);
  });

  it('tell a new tenant, one that is no longer listed, and one with more partitions', () => {
    const larger = tenant(
      'default',
      { '0': [leader(1), leader(2)], '1': [follower(1), follower(2)], '2': [follower(1), follower(2)] },
      { partitionsCount: 2 },
    );
    expect(textsOf([succeeded(tenants(good)), succeeded(tenants(larger, orders)), succeeded(tenants(larger))])).toEqual(
      [
        'physical tenant orders is no longer listed',
        'physical tenant orders is new',
        'physical tenant default has 2 partitions (was 1)',
        'the cluster is healthy',
      ],
    );
  });

  it('name the tenant of a leader that moved', () => {
    const moved = tenant('orders', { '0': [follower(1)], '1': [leader(1)], '2': [follower(1)] });
    expect(textsOf([succeeded(tenants(good, orders)), succeeded(tenants(good, moved))])[0]).toBe(
      'leader moved: partition 1 of physical tenant orders from broker 0 to 1',
    );
  });

  it('put hundreds of tenants that change at once into short events', () => {
    const many = (replicas: typeof onePartition | typeof oneWithoutLeader) =>
      succeeded(tenants(...Array.from({ length: 300 }, (_, index) => tenant(`t${index}`, replicas))));
    const { latest } = historyOf([many(onePartition), many(oneWithoutLeader)]);
    expect(latest).toHaveLength(2);
    for (const { text } of latest) expect(text.length).toBeLessThan(250);
  });
});
