import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createOAuth2 } from '../../src/auth/oauth2.ts';
import type { TokenTimes } from '../../src/auth/token.ts';
import { createTokenRequestLimiter, unlimited } from '../../src/auth/token-request-limiter.ts';
import { systemClock } from '../../src/clock.ts';
import { runPollingLoop } from '../../src/cluster/monitor.ts';
import { createPoll, type PollResult } from '../../src/poll/poll.ts';
import { neverAborted } from './asking.ts';
import { polls, type Settings, settings } from './faults.ts';
import { clusterTokens } from './tokens-of.ts';
import { createWorld } from './world.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

interface Polled {
  readonly result: PollResult;
  readonly startedAt: number;
  /** Of the token held when the poll began. */
  readonly held: TokenTimes | undefined;
  /** Whether the cluster would have taken it until the poll's deadline. */
  readonly good: boolean;
  readonly wellFor: number;
}

/** Hours of polls, in no time. */
async function run(
  settings: Settings,
): Promise<{ readonly polled: readonly Polled[]; readonly violations: readonly string[] }> {
  const { interval: pollInterval, timeout: pollTimeout, isLimited, seed } = settings;
  const clock = systemClock;
  const world = createWorld(settings);
  const { endpoint, client, violations } = world;
  const limiter = isLimited ? createTokenRequestLimiter(() => 1_000, neverAborted, clock) : unlimited;
  const tokens = clusterTokens({ endpoint, pollInterval, pollTimeout, limiter, random: jitter(seed) });
  const connection = { client, authenticator: createOAuth2(undefined, tokens), certificates: async () => ({}) };
  const poll = createPoll({ connection: async () => connection, pollTimeout, clock });

  const polled: Polled[] = [];
  const stop = new AbortController();
  const watched = async (): Promise<void> => {
    world.pollBegins();
    const before = {
      startedAt: clock.now(),
      held: tokens.times(),
      good: world.takesTheTokenFor(pollTimeout),
      wellFor: world.wellFor(pollTimeout),
    };
    const result = await poll(stop.signal);
    // What stopping cuts short has no result.
    if (!stop.signal.aborted) polled.push({ ...before, result });
  };
  const ended = runPollingLoop({ poll: watched, pollInterval, firstAfter: 0, clock }, stop.signal);
  await vi.advanceTimersByTimeAsync(polls * pollInterval);
  stop.abort();
  await ended;
  return { polled, violations };
}

/** Numbers from 0 to 1 that look random (a linear congruential generator). */
function jitter(seed: number): () => number {
  let state = seed % 2_147_483_647;
  return () => {
    state = (state * 48_271 + 1) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** The threshold of the contract for a renewal; milliseconds. */
function renewedBelow({ lifetime, interval, timeout }: Settings): number {
  return Math.max(interval + timeout, Math.min(Math.max(30_000, 0.05 * lifetime), lifetime / 2));
}

/** A poll also counts the request that ended between it and the poll before: that one is not its own. */
function gotRenewal({ result: { authentication }, startedAt }: Polled): boolean {
  const { token, tokenRequests } = authentication;
  const isOwn = token !== undefined && token.obtainedAt >= startedAt;
  return isOwn && tokenRequests.some(({ failure }) => failure === undefined);
}

function neededNone({ held, startedAt }: Polled, settings: Settings): boolean {
  return held?.expiresAt !== undefined && held.expiresAt - startedAt >= renewedBelow(settings);
}

function failedOnAuthentication({ result: { outcome } }: Polled): boolean {
  return !outcome.ok && outcome.failure.reason === 'auth';
}

/** Fewer runs of more polls each: what goes wrong goes wrong late. */
function holds(claim: (settings: Settings, polled: readonly Polled[], violations: readonly string[]) => void) {
  return fc.assert(
    fc.asyncProperty(settings, async (each) => {
      const { polled, violations } = await run(each);
      expect(polled.length).toBeGreaterThanOrEqual(polls);
      claim(each, polled, violations);
    }),
    { numRuns: 30 },
  );
}

const patience = 120_000;

it('a poll that ends while it waits for the next token request sends none', async () => {
  const { violations } = await run({
    lifetime: 3_600_000,
    interval: 1_000,
    timeout: 1_000,
    tokenLatency: 0,
    clusterLatency: 1,
    retryAfter: 0,
    isLimited: false,
    seed: 0,
    faults: [
      { kind: 'limiting', from: 135_450, until: 149_050 },
      { kind: 'cluster forgets', from: 92_850, until: 136_050 },
    ],
  });
  expect(violations).toEqual([]);
});

describe('over hours of polls, whatever lifetime, interval, timeout and faults', () => {
  it(
    'the token endpoint is asked one at a time, once a second, once a cool-down, and not before Retry-After',
    async () => {
      await holds((_, __, violations) => {
        expect(violations).toEqual([]);
      });
    },
    patience,
  );

  it(
    'a token outlives each poll that renewed it or had no need to, where it lives longer than a poll',
    async () => {
      await holds((settings, polled) => {
        const broken = polled
          .filter((poll) => gotRenewal(poll) || neededNone(poll, settings))
          .filter(({ result }) => settings.lifetime > settings.timeout && !(expiryOf(result) > result.endedAt));
        expect(broken).toEqual([]);
      });
    },
    patience,
  );

  it(
    'a token lasts until the next poll has ended, where its lifetime allows',
    async () => {
      await holds((settings, polled) => {
        const { lifetime, interval, timeout } = settings;
        const broken = polled.filter((poll, index) => {
          const next = polled[index + 1];
          const due = gotRenewal(poll) || neededNone(poll, settings);
          return due && next && lifetime >= interval + 2 * timeout && !(expiryOf(poll.result) >= next.result.endedAt);
        });
        expect(broken).toEqual([]);
      });
    },
    patience,
  );

  it(
    'no poll fails on authentication that began with a token that was still good',
    async () => {
      await holds((_, polled) => {
        expect(polled.filter((poll) => poll.good && failedOnAuthentication(poll))).toEqual([]);
      });
    },
    patience,
  );

  it(
    'polls succeed again ten minutes after the last fault, and the four polls that find out that a token lacks a role',
    async () => {
      await holds(({ interval, timeout, lifetime }, polled) => {
        // The second between two requests must leave room for another in half of the poll, and the token last for it.
        const roomy = timeout >= 4_000 && lifetime >= timeout;
        const enough = 600_000 + 4 * interval;
        expect(polled.filter(({ wellFor, result }) => roomy && wellFor > enough && !result.outcome.ok)).toEqual([]);
      });
    },
    patience,
  );
});

function expiryOf({ authentication: { token } }: PollResult): number {
  return token?.expiresAt ?? Number.NaN;
}
