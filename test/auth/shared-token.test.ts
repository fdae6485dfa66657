import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ClusterTokens } from '../../src/auth/cluster-tokens.ts';
import { createOAuth2 } from '../../src/auth/oauth2.ts';
import type { Token } from '../../src/auth/token.ts';
import { createTokenRequestLimiter } from '../../src/auth/token-request-limiter.ts';
import { systemClock } from '../../src/clock.ts';
import { told } from '../failure-texts.ts';
import { failure } from '../polls.ts';
import { neverAborted } from './asking.ts';
import { denied, granted, type ScriptedEndpoint, scriptedEndpoint, silence } from './scripted-endpoint.ts';
import { answered } from './sending.ts';
import { tokenCache, tokensIn } from './tokens-of.ts';

const second = 1_000;
const minute = 60 * second;
const pollInterval = 15 * second;
const pollTimeout = 10 * second;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** Clusters that share one token. */
function sharing(count: number, { endpoint }: ScriptedEndpoint): readonly [ClusterTokens, ...ClusterTokens[]] {
  const cache = tokenCache({ endpoint });
  const one = () => tokensIn(cache);
  return [one(), ...Array.from({ length: count - 1 }, one)];
}

const dayLong = (count: number) => granted(`token-${count}`, 24 * 3_600);

async function held(tokens: ClusterTokens): Promise<Token> {
  const { token } = await tokens.acquire(neverAborted);
  if (!token) throw new Error('expected a token');
  return token;
}

/** Polls of a cluster that accepts some tokens only, one after the other; resolves to the reasons of their failures. */
function polling(tokens: ClusterTokens, accepts: (token: string) => boolean) {
  const { authenticate } = createOAuth2(undefined, tokens);
  const send = async ({ authorization = '' }: Readonly<Record<string, string>>) =>
    answered(accepts(authorization.replace('Bearer ', '')) ? 200 : 401);
  return async () => (await authenticate(send, neverAborted)).failure?.reason;
}

describe('clusters that share a token', () => {
  it('request it once when they start at once, and one of them counts the request', async () => {
    const endpoint = scriptedEndpoint();
    const clusters = sharing(100, endpoint);
    const acquired = await Promise.all(clusters.map((tokens) => tokens.acquire(neverAborted)));
    expect(new Set(acquired.map(({ token }) => token?.accessToken.open()))).toEqual(new Set(['token-1']));
    expect(acquired.flatMap(({ request }) => request ?? [])).toHaveLength(1);
    expect(endpoint.askedAt).toHaveLength(1);
  });

  it('all show its times, also those whose polls did not request it', async () => {
    const [one, other] = sharing(2, scriptedEndpoint());
    await one.acquire(neverAborted);
    expect(other?.times()).toEqual(one.times());
    expect(other?.times()).toBeDefined();
  });

  it('share the back-off of its endpoint', async () => {
    const endpoint = scriptedEndpoint(() => denied('invalid_client'));
    const clusters = sharing(3, endpoint);
    for (const tokens of clusters) {
      expect((await tokens.acquire(neverAborted)).failure?.reason).toBe('invalid_client');
      await pass(second);
    }
    expect(endpoint.askedAt).toHaveLength(1);
  });

  it('share no back-off after a request that ended because the cluster that waited for it was stopped', async () => {
    const endpoint = scriptedEndpoint((_, signal) => silence(signal));
    const [stopped, other] = sharing(2, endpoint);
    const stopping = new AbortController();
    const ended = stopped.acquire(stopping.signal);
    await pass(second);
    stopping.abort();
    await ended;
    endpoint.answer(dayLong);
    expect(await other?.acquire(neverAborted)).toMatchObject({ requested: true, token: expect.anything() });
    expect(endpoint.askedAt).toHaveLength(2);
  });

  it('share the back-off after a request that did not end within the poll that waited for it', async () => {
    const endpoint = scriptedEndpoint((_, signal) => silence(signal));
    const [timedOut, other] = sharing(2, endpoint);
    const deadline = new AbortController();
    const ended = timedOut.acquire(deadline.signal);
    await pass(second);
    deadline.abort(new DOMException('too late', 'TimeoutError'));
    await ended;
    expect(await other?.acquire(neverAborted)).toMatchObject({ requested: false, failure: expect.anything() });
    expect(endpoint.askedAt).toHaveLength(1);
  });

  it('renew a token that is too short-lived for their interval once a timeout, not once a poll of each', async () => {
    const endpoint = scriptedEndpoint((count) => granted(`token-${count}`, 20));
    const clusters = sharing(30, endpoint);
    for (let passed = 0; passed < minute; passed += pollInterval) {
      for (const tokens of clusters) {
        await tokens.acquire(neverAborted);
        await pass(pollInterval / clusters.length);
      }
    }
    expect(endpoint.askedAt.length).toBeLessThanOrEqual(minute / pollTimeout);
  });
});

describe('a cluster that refuses the shared token', () => {
  it('does not take it from the others while there is no other', async () => {
    const endpoint = scriptedEndpoint(dayLong);
    const [refusing, accepting] = sharing(2, endpoint);
    const token = await held(refusing);
    endpoint.answer(() => denied());
    const replaced = refusing.replace(token, neverAborted);
    await pass(second);
    expect(await replaced).toMatchObject({ failure: { reason: 'token_endpoint_unreachable' } });
    expect((await refusing.acquire(neverAborted)).token).toBeUndefined();
    expect(await accepting?.acquire(neverAborted)).toEqual({ requested: false, token });
  });

  it('gets another one, which all use from then on', async () => {
    const endpoint = scriptedEndpoint(dayLong);
    const [refusing, accepting] = sharing(2, endpoint);
    const replaced = refusing.replace(await held(refusing), neverAborted);
    await pass(second);
    const { token } = await replaced;
    expect(token?.accessToken.open()).toBe('token-2');
    expect(await accepting?.acquire(neverAborted)).toEqual({ requested: false, token });
  });

  it('has a cool-down of its own', async () => {
    const endpoint = scriptedEndpoint(dayLong);
    const [refusing, accepting] = sharing(2, endpoint);
    const token = await held(refusing);
    refusing.refused(failure('token_rejected'));
    accepting?.accepted();
    expect(await refusing.replace(token, neverAborted)).toMatchObject({ failure: { reason: 'token_rejected' } });
    const replaced = accepting?.replace(token, neverAborted);
    await pass(second);
    expect((await replaced)?.token?.accessToken.open()).toBe('token-2');
  });

  it('is one of hundreds: one renewal serves all of them', async () => {
    const endpoint = scriptedEndpoint(dayLong);
    const clusters = sharing(300, endpoint);
    const polls = clusters.map((tokens) => polling(tokens, (token) => token !== 'token-1'));
    await held(clusters[0]);
    await pass(minute);
    const results = Promise.all(polls.map((poll) => poll()));
    await pass(minute);
    expect(new Set(await results)).toEqual(new Set([undefined]));
    expect(endpoint.askedAt).toHaveLength(2);
  });

  it('is one of hundreds that refuse every token: they request one every 30 s at most', async () => {
    const endpoint = scriptedEndpoint(dayLong);
    const clusters = sharing(300, endpoint);
    const refuse = clusters.map((tokens) => polling(tokens, () => false));
    const duration = 10 * minute;
    const failures: (string | undefined)[] = [];
    for (let passed = 0; passed < duration; passed += pollInterval) {
      const ended = Promise.all(
        refuse.map(async (poll, index) => {
          await new Promise((resolve) => setTimeout(resolve, (index * pollInterval) / refuse.length));
          failures.push(await poll());
        }),
      );
      await pass(pollInterval + 2 * second);
      await ended;
    }
    expect(new Set(failures)).toEqual(new Set(['token_rejected']));
    const gaps = endpoint.askedAt.slice(2).map((at, index) => at - (endpoint.askedAt[index + 1] ?? 0));
    expect(gaps.length).toBeGreaterThan(5);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(30 * second);
  });

  it('asks for no other where another cluster has just obtained it', async () => {
    const endpoint = scriptedEndpoint(dayLong);
    const [first, refusing] = sharing(2, endpoint);
    await held(first);
    await pass(29 * second);
    const poll = polling(refusing ?? first, (token) => token === 'token-2');
    expect(await poll()).toBe('token_rejected');
    expect(endpoint.askedAt).toHaveLength(1);
    await pass(30 * second);
    expect(await poll()).toBeUndefined();
  });
});

describe('a token request that waits for its turn', () => {
  /** Two clients of one identity provider, of which the limit allows a request in `interval` milliseconds. */
  function limited(interval: number, answer = scriptedEndpoint()) {
    const limiter = createTokenRequestLimiter(() => interval, neverAborted, systemClock);
    const [one, other] = [1, 2].map(() => tokenCache({ endpoint: answer.endpoint, limiter }));
    if (!one || !other) throw new Error('expected two caches');
    return { endpoint: answer, one: tokensIn(one), other: tokensIn(other), close: other.close };
  }

  const poll = async (tokens: ClusterTokens) => {
    const deadline = new AbortController();
    const acquired = tokens.acquire(deadline.signal);
    await pass(pollTimeout);
    deadline.abort(new DOMException('too late', 'TimeoutError'));
    return acquired;
  };

  it('does not prolong the poll, which says why it has no token', async () => {
    const { endpoint, one, other } = limited(minute);
    await held(one);
    const { failure, ...rest } = await poll(other);
    expect(rest).toEqual({ requested: false });
    expect(failure && told(failure)).toEqual({
      reason: 'token_rate_limited',
      message:
        'the token request did not get its turn in time: the exporter limits the requests to this identity provider, ' +
        'and others came first',
      remedy:
        'wait: the request stays in the queue; if this lasts, let several clusters use one client, or raise ' +
        'oauth2.token_requests_per_second if the identity provider allows it',
    });
    expect(endpoint.askedAt).toHaveLength(1);
  });

  it('is sent between two polls, of which the second has the token and counts the request', async () => {
    const { endpoint, one, other } = limited(12 * second);
    await held(one);
    await poll(other);
    expect(other.takeUnclaimed()).toEqual([]);
    await pass(5 * second);
    expect(endpoint.askedAt).toHaveLength(2);
    expect(await other.acquire(neverAborted)).toMatchObject({ requested: false, token: expect.anything() });
    expect(other.takeUnclaimed()).toEqual([{ seconds: 0.1 }]);
    expect(other.takeUnclaimed()).toEqual([]);
  });

  it('is not sent if no cluster uses the token any more', async () => {
    const { endpoint, one, other, close } = limited(12 * second);
    await held(one);
    await poll(other);
    close();
    await pass(minute);
    expect(endpoint.askedAt).toHaveLength(1);
  });

  it('goes on after the poll where its turn came at the end of it, and ends after a timeout of its own', async () => {
    const { endpoint, one, other } = limited(9 * second);
    await held(one);
    endpoint.answer((_, signal) => silence(signal));
    expect(await poll(other)).toMatchObject({ failure: { reason: 'token_rate_limited' } });
    expect(endpoint.askedAt).toHaveLength(2);
    expect(other.takeUnclaimed()).toEqual([]);
    await pass(9 * second);
    expect(other.takeUnclaimed()).toEqual([{ seconds: 0.1, failure: 'token_endpoint_unreachable' }]);
    expect(await other.acquire(neverAborted)).toMatchObject({ failure: { reason: 'token_endpoint_unreachable' } });
  });

  it('ends with the poll where the endpoint had most of its time, and is counted there', async () => {
    const { endpoint, one } = limited(second);
    endpoint.answer((_, signal) => silence(signal));
    expect(await poll(one)).toMatchObject({
      failure: { reason: 'token_endpoint_unreachable' },
      request: { failure: 'token_endpoint_unreachable' },
    });
    expect(one.takeUnclaimed()).toEqual([]);
  });

  it.each([
    401, 403,
  ] as const)('for a token that the cluster answered %i is the failure of the poll', async (status) => {
    const { endpoint, one, other } = limited(2 * minute);
    await held(one);
    await pass(2 * minute);
    await held(other);
    const { authenticate } = createOAuth2(undefined, one);
    const sent: number[] = [];
    const send = async () => {
      sent.push(status);
      return answered(status);
    };
    for (let count = 0; count < (status === 401 ? 1 : 3); count++) {
      const deadline = new AbortController();
      const polled = authenticate(send, deadline.signal);
      await pass(pollTimeout);
      deadline.abort();
      const { failure, reply } = await polled;
      expect(reply?.status).toBe(status);
      expect(failure?.reason).toBe(status === 401 ? 'token_rate_limited' : 'forbidden');
    }
    // None of the polls has sent the same token twice.
    expect(sent).toHaveLength(status === 401 ? 1 : 3);
    expect(endpoint.askedAt).toHaveLength(2);
  });

  it('is no failure while the old token is alive', async () => {
    const { one, other } = limited(2 * minute);
    const token = await held(one);
    await pass(280 * second);
    await held(other);
    const startedAt = performance.now();
    const renewed = one.acquire(neverAborted).then((result) => ({ result, after: performance.now() - startedAt }));
    await pass(pollTimeout);
    const { result, after } = await renewed;
    expect(result).toEqual({ requested: false, token });
    expect(after).toBe(pollTimeout / 2);
  });
});
