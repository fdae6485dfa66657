import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { initialState, nextState } from '../../src/poll/state.ts';
import type { Topology } from '../../src/zeebe/topology.ts';
import { anyAnswer, reordered } from '../arbitraries.ts';
import { clusterConfig, endOfPoll, failed, failure, stateAfter, succeeded, unauthenticated } from '../polls.ts';
import { broker, follower, leader, nothingKnown, threeBrokers, topology, topologyOf } from '../topologies.ts';

const healthy = topology(threeBrokers);
const withoutBroker1 = topology(threeBrokers.filter(({ id }) => id !== '1'));

describe('the state before the first poll', () => {
  it('has only facts of the configuration', () => {
    const config = clusterConfig({ name: 'staging', pollInterval: 60_000 });
    const state = initialState(config);
    expect(state).toMatchObject({ name: 'staging', method: 'none', pollInterval: 60_000, verdict: 'unknown' });
    expect(state.lastPoll).toBeUndefined();
    expect(state.lastSuccessAt).toBeUndefined();
    expect(state.view).toBeUndefined();
    expect(state.authentication).toEqual({});
  });
});

describe('the state after a successful poll', () => {
  it('has the topology, what is derived from it, and the verdict', () => {
    const state = stateAfter([succeeded(withoutBroker1)]);
    expect(state.lastPoll).toEqual({ endedAt: endOfPoll, httpStatus: 200 });
    expect(state.lastSuccessAt).toBe(endOfPoll);
    expect(state.verdict).toBe('unhealthy');
    expect(state.view).toMatchObject({ topology: withoutBroker1, missingBrokers: ['1'] });
    expect(state.view?.groups[0]?.partitions.map(({ leaders }) => leaders)).toEqual([['0'], [], ['2']]);
  });

  it('has no failure of the poll before', () => {
    const state = stateAfter([unauthenticated('credentials_rejected'), succeeded(healthy)]);
    expect(state.lastPoll?.failure).toBeUndefined();
    expect(state.authentication).toEqual({ up: true });
    expect(state.verdict).toBe('healthy');
  });

  it('has the answer and the verdict unknown if the gateway knows no topology yet', () => {
    const state = stateAfter([succeeded(nothingKnown)]);
    expect(state.verdict).toBe('unknown');
    expect(state.view?.topology).toBe(nothingKnown);
  });

  it('has the leader changes of this poll only', () => {
    const moved = topology([broker('0', leader(1), leader(2)), broker('1', follower(2)), broker('2', leader(3))]);
    const changes = [{ partition: 2, from: '1', to: '0' }];
    expect(stateAfter([succeeded(healthy), succeeded(moved)]).leaderChanges).toEqual(changes);
    expect(stateAfter([succeeded(healthy), succeeded(moved), succeeded(moved)]).leaderChanges).toEqual([]);
    expect(stateAfter([succeeded(healthy), succeeded(moved), failed('connect')]).leaderChanges).toEqual([]);
  });
});

describe('the state after a poll with the same topology as before', () => {
  it('is equal to that after an equal topology, and has the same view', () => {
    const answers = fc.array(fc.constantFrom(healthy, withoutBroker1, nothingKnown, undefined), { minLength: 1 });
    fc.assert(
      fc.property(answers, (topologies) => {
        const polled = (copy: (topology: Topology) => Topology) =>
          stateAfter(topologies.map((each) => (each ? succeeded(copy(each)) : failed('connect'))));
        const { knownBrokers, ...shared } = polled((each) => each);
        const { knownBrokers: knownOfCopies, ...copied } = polled(structuredClone);
        expect(shared).toEqual(copied);
        expect([...knownBrokers.lastListed.keys()]).toEqual([...knownOfCopies.lastListed.keys()]);
      }),
    );
    const once = stateAfter([succeeded(healthy)]);
    expect(nextState(once, succeeded(healthy)).view).toBe(once.view);
    expect(nextState(once, succeeded(structuredClone(healthy))).view).not.toBe(once.view);
  });
});

describe('the state after a failed poll', () => {
  const state = stateAfter([
    succeeded(healthy),
    failed('timeout', { endedAt: endOfPoll + 15_000 }),
    failed('http_status', { endedAt: endOfPoll + 30_000, httpStatus: 502 }),
  ]);

  it('has no topology, and the verdict unknown', () => {
    expect(state.view).toBeUndefined();
    expect(state.verdict).toBe('unknown');
  });

  it('has this poll as the last one, and keeps the time of the last success', () => {
    const { failure: last, ...rest } = state.lastPoll ?? {};
    expect(last?.reason).toBe('http_status');
    expect(rest).toEqual({ endedAt: endOfPoll + 30_000, httpStatus: 502 });
    expect(state.lastSuccessAt).toBe(endOfPoll);
  });

  it('has no HTTP status of an earlier poll', () => {
    const later = stateAfter([succeeded(healthy), failed('connect')]);
    expect(later.lastPoll).not.toHaveProperty('httpStatus');
  });

  it('keeps the known brokers: one that is lost meanwhile is named afterwards', () => {
    const zones = (...ids: readonly string[]) => topology(ids.map((id) => broker(id, follower(1))));
    const after = stateAfter([succeeded(zones('a_0', 'b_0', 'c_0')), failed('dns'), succeeded(zones('a_0', 'c_0'))]);
    expect(after.view?.missingBrokers).toEqual(['b_0']);
  });

  it('keeps the leaders: one that moved meanwhile is a change, one that stayed is none', () => {
    const moved = topology([broker('0', leader(1), leader(2)), broker('2', leader(3))]);
    const after = stateAfter([succeeded(healthy), failed('connect'), failed('tls'), succeeded(moved)]);
    expect([...after.leaders.partitions.values()].map(({ partition, changes }) => [partition, changes])).toEqual([
      [1, 0],
      [2, 1],
      [3, 0],
    ]);
  });
});

describe('the state of authentication', () => {
  it('is undecided until a poll decides it', () => {
    expect(stateAfter([failed('connect')]).authentication).toEqual({});
    expect(stateAfter([failed('connect'), succeeded(healthy)]).authentication).toEqual({ up: true });
  });

  it('keeps `up` if a poll failed before it was decided', () => {
    expect(stateAfter([succeeded(healthy), failed('timeout')]).authentication.up).toBe(true);
    expect(stateAfter([unauthenticated('forbidden'), failed('timeout')]).authentication.up).toBe(false);
  });

  it('has the failure of the last poll only', () => {
    expect(stateAfter([unauthenticated('token_rejected')]).authentication.failure?.reason).toBe('token_rejected');
    const after = stateAfter([unauthenticated('token_rejected'), failed('timeout')]);
    expect(after.authentication.failure).toBeUndefined();
  });

  it('has a failure if a renewal failed and the previous token still works', () => {
    const authentication = { up: true, failure: failure('invalid_client'), tokenRequests: [] };
    const state = stateAfter([succeeded(healthy, { authentication })]);
    expect(state.authentication).toEqual({ up: true, failure: failure('invalid_client') });
    expect(state.lastPoll?.failure).toBeUndefined();
  });

  it('keeps the times of the last token until the next one', () => {
    const token = { obtainedAt: endOfPoll, expiresAt: endOfPoll + 300_000, lifetime: 300_000 };
    const opaque = { obtainedAt: endOfPoll + 300_000 };
    const first = succeeded(healthy, { authentication: { up: true, token, tokenRequests: [] } });
    const second = succeeded(healthy, { authentication: { up: true, token: opaque, tokenRequests: [] } });
    expect(stateAfter([first, unauthenticated('invalid_client'), failed('dns')]).authentication.token).toEqual(token);
    expect(stateAfter([first, second]).authentication.token).toEqual(opaque);
  });
});

it('the state is the same, whatever the order of brokers and partitions in the answers', () => {
  const history = fc.array(
    anyAnswer.chain((answer) => fc.tuple(fc.constant(answer), reordered(answer))),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(
    fc.property(history, (pairs) => {
      const one = stateAfter(pairs.map(([answer]) => succeeded(topologyOf(answer))));
      const other = stateAfter(pairs.map(([, answer]) => succeeded(topologyOf(answer))));
      expect(other).toEqual(one);
    }),
  );
});
