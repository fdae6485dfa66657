import { describe, expect, it } from 'vitest';
import type { PollResult } from '../../src/poll/poll.ts';
import { createPollLog } from '../../src/poll/poll-log.ts';
import { initialState, nextState } from '../../src/poll/state.ts';
import { manualClock } from '../manual-clock.ts';
import { type LogLine, memoryLog } from '../memory-log.ts';
import { clusterConfig, failed, failure, succeeded, unauthenticated } from '../polls.ts';
import { broker, follower, leader, nothingKnown, threeBrokers, topology } from '../topologies.ts';

const debug = 20;

/** What is logged of polls 15 seconds apart, debugging left out. */
function linesOf(...results: readonly PollResult[]): readonly LogLine[] {
  const clock = manualClock();
  const { logger, lines } = memoryLog();
  const log = createPollLog(logger, clock);
  let state = initialState(clusterConfig());
  for (const result of results) {
    const previous = state;
    state = nextState(previous, result);
    log(previous, state);
    clock.advance(15_000);
  }
  return lines.filter(({ level }) => level > debug);
}

function messagesOf(...results: readonly PollResult[]): readonly string[] {
  return linesOf(...results).map(({ msg }) => msg);
}

const healthy = succeeded(topology(threeBrokers));
const withoutBroker1 = succeeded(topology(threeBrokers.filter(({ id }) => id !== '1')));
const savedByOldToken = succeeded(topology(threeBrokers), {
  authentication: { up: true, failure: failure('invalid_client'), tokenRequests: [] },
});

describe('the verdict', () => {
  it('is logged with the first answer, and with what it stands on', () => {
    expect(linesOf(withoutBroker1)).toMatchObject([
      {
        msg: 'the cluster is unhealthy',
        verdict: 'unhealthy',
        brokers: 2,
        clusterSize: 3,
        missingBrokers: ['1'],
        partitionsWithoutLeader: [2],
      },
    ]);
  });

  it('is logged when it changes, not while it stays', () => {
    expect(messagesOf(healthy, healthy, withoutBroker1, withoutBroker1, healthy)).toEqual([
      'the cluster is healthy',
      'the cluster is unhealthy',
      'the cluster is healthy',
    ]);
  });

  it('is logged where the gateway knows no topology yet', () => {
    const starting = succeeded(nothingKnown);
    expect(messagesOf(starting, starting, healthy)).toEqual(['the cluster is unknown', 'the cluster is healthy']);
  });

  it('is not logged of a failed poll, which says so itself', () => {
    expect(messagesOf(healthy, failed('dns'))).toEqual([
      'the cluster is healthy',
      'poll failed: what dns is; what to do about dns',
    ]);
  });
});

describe('a failed poll', () => {
  it('is logged once, and its end', () => {
    expect(messagesOf(failed('dns'), failed('dns'), healthy)).toEqual([
      'poll failed: what dns is; what to do about dns',
      'polls succeed again',
      'the cluster is healthy',
    ]);
  });

  it('is told once where authentication is why, by the reason of authentication', () => {
    expect(linesOf(unauthenticated('invalid_client'), unauthenticated('invalid_client'), healthy)).toMatchObject([
      { msg: 'poll failed: what invalid_client is; what to do about invalid_client', reason: 'invalid_client' },
      { msg: 'polls succeed again', failed: 2 },
      { msg: 'the cluster is healthy' },
    ]);
  });

  it('is told again where authentication fails for another reason', () => {
    const lines = linesOf(unauthenticated('token_endpoint_unreachable'), unauthenticated('invalid_client'));
    expect(lines.map(({ reason }) => reason)).toEqual(['token_endpoint_unreachable', 'invalid_client']);
  });
});

describe('a renewal that fails while the old token works', () => {
  it('is logged once, and its end', () => {
    expect(messagesOf(healthy, savedByOldToken, savedByOldToken, healthy)).toEqual([
      'the cluster is healthy',
      'authentication is failing: what invalid_client is; what to do about invalid_client',
      'authentication works again',
    ]);
  });

  it('does not end with the old token', () => {
    expect(messagesOf(healthy, savedByOldToken, unauthenticated('invalid_client')).slice(1)).toEqual([
      'authentication is failing: what invalid_client is; what to do about invalid_client',
      'poll failed: what invalid_client is; what to do about invalid_client',
    ]);
  });
});

describe('leaders that moved', () => {
  it('are logged in one line, with the brokers', () => {
    const moved = topology([broker('0', leader(1)), broker('1', leader(3)), broker('2', leader(2))]);
    expect(messagesOf(healthy, succeeded(moved)).slice(2)).toEqual([
      'leaders moved: partition 2 from broker 1 to 2, partition 3 from broker 2 to 1',
    ]);
  });

  it.each([
    [1, 1, /partition 1 from broker 0 to 1$/],
    [9, 9, /partition 9 from broker 0 to 1$/],
    [10, 10, /partition 10 from broker 0 to 1$/],
    [11, 10, / and 1 more$/],
    [14, 10, / and 4 more$/],
  ])('are ten at most: of %i, %i', (count, told, end) => {
    const partitions = Array.from({ length: count }, (_, index) => index + 1);
    const ledBy = (id: string) =>
      succeeded(
        topology(
          ['0', '1'].map((each) =>
            broker(each, ...partitions.map((one) => (each === id ? leader(one) : follower(one)))),
          ),
          { clusterSize: 2, partitionsCount: count, replicationFactor: 2 },
        ),
      );
    const line = messagesOf(ledBy('0'), ledBy('1')).at(-1);
    expect(line?.match(/partition \d+ from broker 0 to 1/g)).toHaveLength(told);
    expect(line).toMatch(end);
  });
});
