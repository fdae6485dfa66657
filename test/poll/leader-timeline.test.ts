import { describe, expect, it } from 'vitest';
import { nextHistory, noHistory } from '../../src/poll/events.ts';
import type { LeaderTimeline } from '../../src/poll/leader-timeline.ts';
import type { PollResult } from '../../src/poll/poll.ts';
import { initialState, nextState } from '../../src/poll/state.ts';
import { clusterConfig, endOfPoll, failed, succeeded } from '../polls.ts';
import { broker, follower, leader, nothingKnown, onePartition, tenant, tenants, topology } from '../topologies.ts';

/** Polls one after the other, a second apart. */
function timelineOf(results: readonly PollResult[]): LeaderTimeline | undefined {
  let state = initialState(clusterConfig());
  let history = noHistory;
  for (const [index, result] of results.entries()) {
    const previous = state;
    state = nextState(previous, { ...result, endedAt: endOfPoll + index * 1_000 });
    history = nextHistory(history, previous, state);
  }
  return history.leaderTimeline;
}

/** A cluster of two brokers with one partition, led by these. */
function ledBy(...leaders: readonly string[]): PollResult {
  const brokers = ['0', '1'].map((id) => broker(id, leaders.includes(id) ? leader(1) : follower(1)));
  return succeeded(topology(brokers, { clusterSize: 2, partitionsCount: 1, replicationFactor: 2 }));
}

const at = (seconds: number) => endOfPoll + seconds * 1_000;

describe('the leader timeline of a cluster', () => {
  it('begins with the first known topology', () => {
    expect(timelineOf([failed('connect'), succeeded(nothingKnown)])).toBeUndefined();
    expect(timelineOf([failed('connect'), ledBy('0'), ledBy('0')])).toEqual({ since: at(1), changes: [] });
  });

  it('has each change of leader, also the times without one and with two, the newest first', () => {
    expect(timelineOf([ledBy('0'), ledBy(), ledBy('1'), ledBy('0', '1')])).toEqual({
      since: at(0),
      changes: [
        { at: at(3), partition: 1, from: ['1'], to: ['0', '1'] },
        { at: at(2), partition: 1, from: [], to: ['1'] },
        { at: at(1), partition: 1, from: ['0'], to: [] },
      ],
    });
  });

  it('is not changed by failed polls and by gateways that know no topology', () => {
    const results = [ledBy('0'), failed('connect'), succeeded(nothingKnown), ledBy('1')];
    expect(timelineOf(results)?.changes).toEqual([{ at: at(3), partition: 1, from: ['0'], to: ['1'] }]);
  });

  it('keeps the last 200 changes, and says since when they are complete', () => {
    const results = Array.from({ length: 250 }, (_, index) => ledBy(`${index % 2}`));
    const { since, changes = [] } = timelineOf(results) ?? {};
    expect(changes.length).toBe(200);
    expect([changes[0]?.at, changes.at(-1)?.at, since]).toEqual([at(249), at(50), at(49)]);
  });

  it('keeps three leaders of a partition, and the beginning of a long id', () => {
    const brokers = ['a', 'b', 'c', 'd'].map((id) => broker(id.repeat(100), leader(1)));
    const sizes = { clusterSize: 4, partitionsCount: 1, replicationFactor: 4 };
    const leaderless = succeeded(topology([broker('a', follower(1))], sizes));
    const [change] = timelineOf([leaderless, succeeded(topology(brokers, sizes))])?.changes ?? [];
    expect(change?.to).toEqual(['a', 'b', 'c'].map((id) => `${id.repeat(60)}…`));
  });
});

it('the leader timeline names the physical tenant of a partition, as ids repeat', () => {
  const polled = (by: string) =>
    succeeded(tenants(tenant('default', onePartition), tenant('orders', { [by]: [leader(1)] })));
  expect(timelineOf([polled('0'), polled('2')])?.changes).toEqual([
    { at: at(1), tenant: 'orders', partition: 1, from: ['0'], to: ['2'] },
  ]);
});
