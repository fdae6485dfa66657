import { describe, expect, it } from 'vitest';
import { nextHistory, noHistory } from '../../src/poll/events.ts';
import type { PollResult } from '../../src/poll/poll.ts';
import { createPollLog } from '../../src/poll/poll-log.ts';
import { initialState, nextState } from '../../src/poll/state.ts';
import { manualClock } from '../manual-clock.ts';
import { type LogLine, memoryLog } from '../memory-log.ts';
import { clusterConfig, failed, failure, remedy, succeeded, unauthenticated } from '../polls.ts';
import { broker, follower, leader, nothingKnown, threeBrokers, topology } from '../topologies.ts';

const debug = 20;

/** What is logged of polls 15 seconds apart, debugging left out. */
function linesOf(...results: readonly PollResult[]): readonly LogLine[] {
  const clock = manualClock();
  const { logger, lines } = memoryLog();
  const log = createPollLog(logger, clock);
  let state = initialState(clusterConfig());
  let history = noHistory;
  for (const result of results) {
    const previous = state;
    state = nextState(previous, result);
    history = nextHistory(history, previous, state);
    log(state, history.latest);
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
  it('is logged with the first answer, why it is that, and with what it stands on', () => {
    expect(linesOf(withoutBroker1).filter(({ event }) => event === 'verdict_changed')).toMatchObject([
      {
        msg: 'the cluster is unhealthy: partition 2 has no leader',
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
      'broker 1 is missing',
      'the cluster became unhealthy (was healthy): partition 2 has no leader',
      'broker 1 is back',
      'the cluster became healthy (was unhealthy)',
    ]);
  });

  it('is logged where the gateway knows no topology yet', () => {
    const starting = succeeded(nothingKnown);
    expect(messagesOf(starting, starting, healthy)).toEqual([
      'the cluster is unknown: the gateway knows no topology yet',
      'the cluster became healthy (was unknown)',
    ]);
  });

  it('is not logged of a failed poll, which says so itself', () => {
    expect(messagesOf(healthy, failed('dns'), healthy)).toEqual([
      'the cluster is healthy',
      `poll failed: the request failed: what dns is; ${remedy}`,
      'polls succeed again',
    ]);
  });
});

describe('a failed poll', () => {
  it('is logged once, and its end', () => {
    expect(messagesOf(failed('dns'), failed('dns'), healthy)).toEqual([
      `poll failed: the request failed: what dns is; ${remedy}`,
      'polls succeed again',
      'the cluster is healthy',
    ]);
  });

  it('is told once where authentication is why, by the reason of authentication', () => {
    expect(linesOf(unauthenticated('invalid_client'), unauthenticated('invalid_client'), healthy)).toMatchObject([
      { msg: `poll failed: the request failed: what invalid_client is; ${remedy}`, reason: 'invalid_client' },
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
      `authentication is failing: the request failed: what invalid_client is; ${remedy}`,
      'authentication works again',
    ]);
  });

  it('does not end with the old token', () => {
    expect(messagesOf(healthy, savedByOldToken, unauthenticated('invalid_client')).slice(1)).toEqual([
      `authentication is failing: the request failed: what invalid_client is; ${remedy}`,
      `poll failed: the request failed: what invalid_client is; ${remedy}`,
    ]);
  });
});

describe('what changed in a cluster', () => {
  it('is logged by kind, in the words of the status page', () => {
    const moved = topology(
      [broker('0', leader(1)), broker('1', leader(3)), { ...broker('2', leader(2)), version: '8.7.0' }],
      { partitionsCount: 4 },
    );
    const lines = linesOf(healthy, succeeded(moved)).slice(1);
    expect(lines.map(({ event, msg }) => [event, msg])).toEqual([
      ['size_changed', 'the cluster has 4 partitions (was 3)'],
      ['version_changed', 'broker 2 runs 8.7.0 (was 8.6.0)'],
      ['leader_moved', 'leaders moved: partition 2 from broker 1 to 2 and partition 3 from broker 2 to 1'],
      ['verdict_changed', 'the cluster became unhealthy (was healthy): partition 4 has no leader'],
    ]);
  });

  it('is logged in single, short lines, whatever the gateway calls its brokers and versions', () => {
    const hostile = `2\r\n[12:00:00.000] INFO: all is well\u2028\u0085\u202e\u001b[2J${'9'.repeat(20_000)}`;
    const led = (id: string, version: string) => [
      broker('0', follower(1), follower(2), follower(3)),
      broker('1', follower(1), follower(2), follower(3)),
      { ...broker(id, leader(1), leader(2), leader(3)), version },
    ];
    const messages = messagesOf(
      healthy,
      succeeded(topology(led(hostile, '8.6.0'))),
      succeeded(topology(led(hostile, hostile), { gatewayVersion: hostile })),
      healthy,
    );
    expect(messages.some((message) => message.includes('from broker 2 [12:00:00.000] INFO'))).toBe(true);
    for (const message of messages) expect(message).toMatch(/^[^\p{C}\u2028]{1,500}$/u);
  });
});
