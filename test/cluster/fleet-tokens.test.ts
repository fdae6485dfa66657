import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createOAuth2 } from '../../src/auth/oauth2.ts';
import type { TokenEndpoint } from '../../src/auth/token-endpoint.ts';
import { createTokenRequestLimiter } from '../../src/auth/token-request-limiter.ts';
import { sleep, systemClock } from '../../src/clock.ts';
import { runPollingLoop } from '../../src/cluster/monitor.ts';
import { createPoll, type PollResult } from '../../src/poll/poll.ts';
import { createThrottle, saasThrottle } from '../../src/simulator/saas-throttle.ts';
import { neverAborted } from '../auth/asking.ts';
import { denied, granted } from '../auth/scripted-endpoint.ts';
import { answered } from '../auth/sending.ts';
import { tokenCache, tokensIn } from '../auth/tokens-of.ts';
import { recorded } from '../topologies.ts';

const second = 1_000;
const minute = 60 * second;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** The identity provider of SaaS, which all requests reach from one address, after a while that differs. */
function saasProvider() {
  const { admits } = createThrottle(saasThrottle);
  const asked: string[] = [];
  let limited = 0;
  const endpointOf =
    (client: string): TokenEndpoint =>
    async (signal) => {
      asked.push(client);
      await sleep(10 + ((asked.length * 7_919) % 500), neverAborted);
      const isAdmitted = admits('192.0.2.1', systemClock.monotonic());
      limited += isAdmitted ? 0 : 1;
      await sleep(50, signal);
      return isAdmitted ? granted(`token-of-${client}`, 24 * 3_600) : denied('token_rate_limited');
    };
  return { endpointOf, asked, limited: () => limited };
}

const topology = answered(200, { contentType: 'application/json', body: recorded('8.6.0-3x3x3-healthy') });

interface Fleet {
  readonly clusters: number;
  /** The client of a cluster, by its number. */
  readonly clientOf: (cluster: number) => string;
  readonly duration: number;
  readonly pollInterval: number;
}

/** Polls clusters of SaaS that all start at once. */
async function run({ clusters, clientOf, duration, pollInterval }: Fleet) {
  const provider = saasProvider();
  const limiter = createTokenRequestLimiter(() => 1_000, neverAborted, systemClock);
  const pollTimeout = 10 * second;
  const caches = new Map<string, ReturnType<typeof tokenCache>>();
  const results: PollResult[][] = [];
  const stop = new AbortController();
  const loops = Array.from({ length: clusters }, (_, index) => {
    const client = clientOf(index);
    const cache = caches.get(client) ?? tokenCache({ endpoint: provider.endpointOf(client), limiter });
    caches.set(client, cache);
    const tokens = tokensIn(cache, { pollInterval, pollTimeout });
    const connection = {
      authenticator: createOAuth2(undefined, tokens),
      client: async () => topology,
      certificates: async () => ({}),
    };
    const poll = createPoll({ connection: async () => connection, pollTimeout, clock: systemClock });
    const ofCluster: PollResult[] = [];
    results.push(ofCluster);
    const recording = async () => {
      const result = await poll(stop.signal);
      if (!stop.signal.aborted) ofCluster.push(result);
    };
    return runPollingLoop({ poll: recording, pollInterval, firstAfter: 0, clock: systemClock }, stop.signal);
  });
  await vi.advanceTimersByTimeAsync(duration);
  stop.abort();
  await Promise.all(loops);
  return { provider, results };
}

function requestsIn(results: readonly PollResult[]): number {
  return results.flatMap(({ authentication }) => authentication.tokenRequests).length;
}

const patience = 180_000;

describe('1,000 clusters of SaaS that start at once', () => {
  it(
    'with a client each: all get their tokens in order, without a 429',
    async () => {
      const clusters = 1_000;
      const { provider, results } = await run({
        clusters,
        clientOf: (cluster) => `client-${cluster}`,
        duration: 28 * minute,
        pollInterval: 2 * minute,
      });
      expect(provider.limited()).toBe(0);
      expect(results.filter((polls) => polls.at(-1)?.outcome.ok !== true)).toEqual([]);
      expect(results.filter((polls) => requestsIn(polls) !== 1)).toEqual([]);
      expect(provider.asked).toEqual(results.map((_, cluster) => `client-${cluster}`));
    },
    patience,
  );

  it('with one client: one request, which is counted at one of them, and its times are shown by all', async () => {
    const { provider, results } = await run({
      clusters: 1_000,
      clientOf: () => 'client',
      duration: minute,
      pollInterval: 30 * second,
    });
    expect(provider.asked).toEqual(['client']);
    expect(requestsIn(results.flat())).toBe(1);
    const times = results.map((polls) => polls.at(-1)?.authentication.token?.obtainedAt);
    expect(new Set(times).size).toBe(1);
    expect(times[0]).toBeDefined();
    expect(results.flat().filter(({ outcome }) => !outcome.ok)).toEqual([]);
  });
});

it('a client with hundreds of clusters takes no more turns than one with a single cluster', async () => {
  const { provider, results } = await run({
    clusters: 320,
    clientOf: (cluster) => (cluster < 300 ? 'large' : `client-${cluster}`),
    duration: 2 * minute,
    pollInterval: 15 * second,
  });
  expect(provider.asked.toSorted()).toEqual(
    ['large', ...Array.from({ length: 20 }, (_, index) => `client-${300 + index}`)].toSorted(),
  );
  expect(provider.limited()).toBe(0);
  expect(requestsIn(results.flat())).toBe(provider.asked.length);
  expect(results.filter((polls) => polls.at(-1)?.outcome.ok !== true)).toEqual([]);
});
