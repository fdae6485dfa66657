import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ClusterTokens } from '../../src/auth/cluster-tokens.ts';
import type { Token } from '../../src/auth/token.ts';
import type { Acquired } from '../../src/auth/token-cache.ts';
import type { TokenFailureReason } from '../../src/failure.ts';
import { told } from '../failure-texts.ts';
import { failure } from '../polls.ts';
import { neverAborted } from './asking.ts';
import { denied, granted, type ScriptedEndpoint, scriptedEndpoint, silence } from './scripted-endpoint.ts';
import { clusterTokens, tokenCache, tokensIn } from './tokens-of.ts';

const second = 1_000;
const minute = 60 * second;
const pollTimeout = 10 * second;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function tokensOf({ endpoint }: ScriptedEndpoint, random = () => 1): ClusterTokens {
  return clusterTokens({ endpoint, random });
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** What a poll gets, whatever waiting that takes. */
async function acquire(tokens: ClusterTokens, signal = neverAborted): Promise<Acquired> {
  const acquired = tokens.acquire(signal);
  await pass(second);
  return acquired;
}

function accessTokenOf({ token }: Acquired): string | undefined {
  return token?.accessToken.open();
}

/** The pauses between requests, in seconds, when every second somebody asks. */
async function gapsOver(ms: number, { askedAt }: ScriptedEndpoint, ask: () => Promise<unknown>): Promise<number[]> {
  for (let passed = 0; passed < ms; passed += second) {
    const asked = ask();
    await pass(second);
    await asked;
  }
  return askedAt.slice(1).map((at, index) => (at - (askedAt[index] ?? 0)) / second);
}

describe('a token', () => {
  it('is asked for once however many ask', async () => {
    const endpoint = scriptedEndpoint();
    const tokens = tokensOf(endpoint);
    const acquired = await Promise.all([1, 2, 3].map(() => acquire(tokens)));
    expect(acquired.map(accessTokenOf)).toEqual(['token-1', 'token-1', 'token-1']);
    expect(acquired.flatMap(({ request }) => request ?? [])).toHaveLength(1);
    expect(endpoint.askedAt).toHaveLength(1);
  });

  it('is kept until it is due, and renewed then', async () => {
    const endpoint = scriptedEndpoint();
    const tokens = tokensOf(endpoint);
    await acquire(tokens);
    await pass(269 * second);
    expect(await acquire(tokens)).toMatchObject({ requested: false });
    const renewed = await acquire(tokens);
    expect(accessTokenOf(renewed)).toBe('token-2');
    expect(renewed).toMatchObject({ requested: true, request: { seconds: 0.1 } });
  });

  it('is told with its times, also while it cannot be renewed', async () => {
    const endpoint = scriptedEndpoint();
    const tokens = tokensOf(endpoint);
    expect(tokens.times()).toBeUndefined();
    const obtainedAt = Date.now();
    await acquire(tokens);
    const times = { obtainedAt, expiresAt: obtainedAt + 5 * minute, lifetime: 5 * minute };
    expect(tokens.times()).toEqual(times);
    endpoint.answer(() => denied());
    await pass(10 * minute);
    await acquire(tokens);
    expect(tokens.times()).toEqual(times);
  });
});

describe('a renewal that fails', () => {
  it('leaves the old token in use while it lives, and says what is wrong', async () => {
    const endpoint = scriptedEndpoint();
    const tokens = tokensOf(endpoint);
    await acquire(tokens);
    endpoint.answer(() => denied('invalid_client'));
    await pass(280 * second);
    const saved = await acquire(tokens);
    expect(accessTokenOf(saved)).toBe('token-1');
    expect(saved).toMatchObject({ requested: true, failure: { reason: 'invalid_client' } });
    const between = await acquire(tokens);
    expect(accessTokenOf(between)).toBe('token-1');
    expect(between).toMatchObject({ requested: false, failure: { reason: 'invalid_client' } });
    await pass(30 * second);
    expect(accessTokenOf(await acquire(tokens))).toBeUndefined();
  });

  it('by not answering leaves half of the poll to the token that still lives', async () => {
    const endpoint = scriptedEndpoint();
    const tokens = tokensOf(endpoint);
    await acquire(tokens);
    await pass(280 * second);
    endpoint.answer((_, signal) => silence(signal));
    const startedAt = performance.now();
    const acquired = tokens.acquire(neverAborted).then((result) => ({ result, after: performance.now() - startedAt }));
    await pass(pollTimeout);
    const { result, after } = await acquired;
    expect(accessTokenOf(result)).toBe('token-1');
    expect(result.failure?.reason).toBe('token_endpoint_unreachable');
    expect(after).toBe(pollTimeout / 2);
  });

  it('has the whole poll where no token lives', async () => {
    const endpoint = scriptedEndpoint((_, signal) => silence(signal));
    const deadline = new AbortController();
    const acquired = tokensOf(endpoint).acquire(deadline.signal);
    await pass(pollTimeout - 1);
    expect(await Promise.race([acquired, 'still waiting'])).toBe('still waiting');
    deadline.abort(new DOMException('too late', 'TimeoutError'));
    expect(await acquired).toMatchObject({ requested: true, failure: { reason: 'token_endpoint_unreachable' } });
  });

  it('is told to one who gave up waiting for it while another waits on', async () => {
    const endpoint = scriptedEndpoint((_, signal) => silence(signal));
    const tokens = tokensOf(endpoint);
    const impatient = new AbortController();
    const one = tokens.acquire(impatient.signal);
    const other = tokens.acquire(neverAborted);
    impatient.abort();
    const { failure, ...rest } = await one;
    expect(rest).toEqual({ requested: true });
    expect(failure && told(failure)).toEqual({
      reason: 'token_endpoint_unreachable',
      message: 'the token request of another poll did not end in time',
      remedy: 'check the identity provider and the network; poll_timeout says how long a poll may take',
    });
    expect(await Promise.race([other, 'still waiting'])).toBe('still waiting');
  });
});

describe('an endpoint that fails', () => {
  const failing = (reason?: TokenFailureReason) => scriptedEndpoint(() => denied(reason));

  it('is asked again after 5 s, twice as long each time, up to a minute', async () => {
    const endpoint = failing();
    const tokens = tokensOf(endpoint);
    const gaps = await gapsOver(5 * minute, endpoint, () => tokens.acquire(neverAborted));
    expect(gaps).toEqual([5, 10, 20, 40, 60, 60, 60]);
  });

  it('is asked at a random moment of the second half of that time', async () => {
    const endpoint = failing();
    const tokens = tokensOf(endpoint, () => 0);
    const gaps = await gapsOver(2 * minute, endpoint, () => tokens.acquire(neverAborted));
    expect(gaps).toEqual([3, 5, 10, 20, 30, 30]);
  });

  it.each([
    'invalid_client',
    'invalid_scope',
    'token_request_rejected',
    'token_rate_limited',
  ] as const)('by refusing (%s) is left alone for longer, as Camunda SaaS wants it', async (reason) => {
    const endpoint = failing(reason);
    const tokens = tokensOf(endpoint);
    const gaps = await gapsOver(18 * minute, endpoint, () => tokens.acquire(neverAborted));
    expect(gaps).toEqual([60, 120, 240, 300, 300]);
  });

  it('by refusing is left alone as long where it could not be reached before', async () => {
    const endpoint = scriptedEndpoint((count) => denied(count === 1 ? 'token_endpoint_unreachable' : 'invalid_client'));
    const tokens = tokensOf(endpoint);
    const gaps = await gapsOver(2 * minute, endpoint, () => tokens.acquire(neverAborted));
    expect(gaps).toEqual([5, 60]);
  });

  it('by not answering after it refused is asked a minute later', async () => {
    const endpoint = scriptedEndpoint((count) => denied(count < 4 ? 'invalid_client' : 'token_endpoint_unreachable'));
    const tokens = tokensOf(endpoint);
    const gaps = await gapsOver(10 * minute, endpoint, () => tokens.acquire(neverAborted));
    expect(gaps).toEqual([60, 120, 240, 60, 60]);
  });

  it('is asked again when it said so', async () => {
    const endpoint = scriptedEndpoint(() => denied('token_rate_limited', 7 * second));
    const tokens = tokensOf(endpoint, Math.random);
    expect(await gapsOver(30 * second, endpoint, () => tokens.acquire(neverAborted))).toEqual([7, 7, 7, 7]);
  });

  it('fails the polls in between at once, for the standing reason', async () => {
    const endpoint = scriptedEndpoint(() => denied('invalid_scope', minute));
    const tokens = tokensOf(endpoint);
    await acquire(tokens);
    const failed = await Promise.race([tokens.acquire(neverAborted), pass(0)]);
    expect(failed).toEqual({ requested: false, failure: expect.objectContaining({ reason: 'invalid_scope' }) });
  });

  it('is asked soon again when it fails after it has worked', async () => {
    const endpoint = scriptedEndpoint(() => denied());
    const tokens = tokensOf(endpoint);
    await gapsOver(10 * minute, endpoint, () => tokens.acquire(neverAborted));
    endpoint.answer((count) => granted(`token-${count}`, 10));
    await pass(5 * minute);
    expect(await acquire(tokens)).toHaveProperty('token');
    endpoint.answer(() => denied());
    await pass(minute);
    const before = endpoint.askedAt.length;
    const gaps = await gapsOver(minute, endpoint, () => tokens.acquire(neverAborted));
    expect(gaps.slice(before)).toEqual([5, 10, 20]);
  });
});

describe('whatever happens, the endpoint is asked at most once a second', () => {
  it('when it wants to be asked again at once', async () => {
    const endpoint = scriptedEndpoint(() => denied('token_rate_limited', 0));
    const tokens = tokensOf(endpoint);
    for (let polls = 0; polls < 20; polls++) {
      const asked = tokens.acquire(neverAborted);
      await pass(250);
      await pass(second);
      await asked;
    }
    expect(Math.min(...gapsOf(endpoint))).toBeGreaterThanOrEqual(second);
    expect(endpoint.askedAt).toHaveLength(20);
  });

  it('when its tokens live for a millisecond', async () => {
    const endpoint = scriptedEndpoint((count) => granted(`token-${count}`, 0.001));
    const tokens = tokensOf(endpoint);
    const polls: Promise<unknown>[] = [];
    for (let count = 0; count < 100; count++) {
      polls.push(tokens.acquire(neverAborted));
      await pass(100);
    }
    await pass(second);
    await Promise.all(polls);
    expect(Math.min(...gapsOf(endpoint))).toBeGreaterThanOrEqual(second);
  });

  it('when the cluster refuses each token as soon as it comes', async () => {
    const endpoint = scriptedEndpoint();
    const tokens = tokensOf(endpoint);
    let { token } = await acquire(tokens);
    for (let count = 0; count < 20 && token; count++) {
      const replaced = tokens.replace(token, neverAborted);
      await pass(second);
      token = (await replaced).token;
    }
    expect(endpoint.askedAt).toHaveLength(21);
    expect(Math.min(...gapsOf(endpoint))).toBeGreaterThanOrEqual(second);
  });

  function gapsOf({ askedAt }: ScriptedEndpoint): number[] {
    return askedAt.slice(1).map((at, index) => at - (askedAt[index] ?? 0));
  }
});

const rejected = failure('token_rejected');

async function held(tokens: ClusterTokens): Promise<Token> {
  const { token } = await acquire(tokens);
  if (!token) throw new Error('expected a token');
  return token;
}

describe('a token that the cluster refuses', () => {
  /** A poll whose every token is refused. */
  async function refusedPoll(tokens: ClusterTokens): Promise<Acquired> {
    const first = await tokens.acquire(neverAborted);
    if (!first.token) return first;
    const second = await tokens.replace(first.token, neverAborted);
    if (second.token) tokens.refused(rejected);
    return second;
  }

  it('is replaced', async () => {
    const endpoint = scriptedEndpoint();
    const tokens = tokensOf(endpoint);
    const token = await held(tokens);
    expect(accessTokenOf(await tokens.replace(token, neverAborted))).toBe('token-2');
    expect(accessTokenOf(await tokens.acquire(neverAborted))).toBe('token-2');
  });

  it('is replaced by the one that another poll has got meanwhile', async () => {
    const endpoint = scriptedEndpoint();
    const tokens = tokensOf(endpoint);
    const token = await held(tokens);
    await tokens.replace(token, neverAborted);
    expect(await tokens.replace(token, neverAborted)).toMatchObject({
      requested: false,
      token: { obtainedAt: Date.now() },
    });
    expect(endpoint.askedAt).toHaveLength(2);
  });

  it('is not used again where no other is to be had', async () => {
    const endpoint = scriptedEndpoint();
    const tokens = tokensOf(endpoint);
    const token = await held(tokens);
    endpoint.answer(() => denied());
    await tokens.replace(token, neverAborted);
    expect(await tokens.acquire(neverAborted)).toEqual({
      requested: false,
      failure: expect.objectContaining({ reason: 'token_endpoint_unreachable' }),
    });
  });

  it('when fresh, starts a cool-down: 30 s, and then a minute each time', async () => {
    const endpoint = scriptedEndpoint((count) => granted(`token-${count}`, 24 * 3600));
    const tokens = tokensOf(endpoint);
    await held(tokens);
    const gaps = await gapsOver(5 * minute, endpoint, () => refusedPoll(tokens));
    expect(gaps.slice(1)).toEqual([30, 60, 60, 60, 60]);
  });

  it('is the one that later polls go on with during a cool-down, which fail for its reason', async () => {
    const tokens = tokensOf(scriptedEndpoint());
    await held(tokens);
    await refusedPoll(tokens);
    const later = await acquire(tokens);
    expect(accessTokenOf(later)).toBe('token-2');
    expect(later.token && (await tokens.replace(later.token, neverAborted))).toEqual({
      requested: false,
      failure: rejected,
    });
  });

  it('fails polls without a request when it has expired during a cool-down', async () => {
    const tokens = tokensOf(scriptedEndpoint((count) => granted(`token-${count}`, 20)));
    await held(tokens);
    tokens.refused(rejected);
    await pass(25 * second);
    expect(await acquire(tokens)).toEqual({ requested: false, failure: rejected });
  });

  it('starts again at 30 s after the cluster took one', async () => {
    const endpoint = scriptedEndpoint((count) => granted(`token-${count}`, 24 * 3600));
    const tokens = tokensOf(endpoint);
    await held(tokens);
    await gapsOver(5 * minute, endpoint, () => refusedPoll(tokens));
    tokens.accepted();
    const before = endpoint.askedAt.length;
    const gaps = await gapsOver(2 * minute, endpoint, () => refusedPoll(tokens));
    expect(gaps.slice(before)).toEqual([30, 60]);
  });

  it('starts one cool-down, however many polls it was refused to', async () => {
    const endpoint = scriptedEndpoint((count) => granted(`token-${count}`, 24 * 3600));
    const tokens = tokensOf(endpoint);
    await held(tokens);
    tokens.refused(rejected);
    tokens.refused(rejected);
    const gaps = await gapsOver(2 * minute, endpoint, () => refusedPoll(tokens));
    expect(gaps).toEqual([31, 60]);
  });
});

describe('another token for one that may still be good', () => {
  it('is the one that another poll has got meanwhile', async () => {
    const endpoint = scriptedEndpoint();
    const tokens = tokensOf(endpoint);
    const token = await held(tokens);
    expect(accessTokenOf(await tokens.tryAnother(token, neverAborted))).toBe('token-2');
    expect(accessTokenOf(await tokens.tryAnother(token, neverAborted))).toBe('token-2');
    expect(endpoint.askedAt).toHaveLength(2);
  });

  it('that the endpoint does not give leaves the old one in use', async () => {
    const endpoint = scriptedEndpoint();
    const tokens = tokensOf(endpoint);
    const token = await held(tokens);
    endpoint.answer(() => denied());
    expect(await tokens.tryAnother(token, neverAborted)).toMatchObject({ requested: true, failure: expect.anything() });
    expect(accessTokenOf(await tokens.acquire(neverAborted))).toBe('token-1');
  });

  it('is not asked for during a cool-down', async () => {
    const endpoint = scriptedEndpoint();
    const tokens = tokensOf(endpoint);
    const token = await held(tokens);
    tokens.refused(rejected);
    expect(await tokens.tryAnother(token, neverAborted)).toEqual({ requested: false, failure: rejected });
    expect(endpoint.askedAt).toHaveLength(1);
  });
});

describe('credentials that were replaced', () => {
  /** The source that goes on with what the one before has kept. */
  function successor(before: ClusterTokens, { endpoint }: ScriptedEndpoint): ClusterTokens {
    const cache = tokenCache({ endpoint });
    cache.keep(before.kept());
    return tokensIn(cache);
  }

  it('keep the token that still lives, and its times', async () => {
    const endpoint = scriptedEndpoint();
    const before = tokensOf(endpoint);
    await acquire(before);
    const tokens = successor(before, endpoint);
    expect(tokens.times()).toEqual(before.times());
    expect(accessTokenOf(await acquire(tokens))).toBe('token-1');
    expect(endpoint.askedAt).toHaveLength(1);
  });

  it('keep no token that has expired', async () => {
    const endpoint = scriptedEndpoint();
    const before = tokensOf(endpoint);
    await acquire(before);
    await pass(5 * minute);
    expect(accessTokenOf(await acquire(successor(before, endpoint)))).toBe('token-2');
  });

  it('end a back-off at once', async () => {
    const endpoint = scriptedEndpoint(() => denied('invalid_client'));
    const before = tokensOf(endpoint);
    await acquire(before);
    await pass(second);
    expect(await acquire(before)).toMatchObject({ requested: false });
    endpoint.answer((count) => granted(`token-${count}`));
    expect(accessTokenOf(await acquire(successor(before, endpoint)))).toBe('token-2');
  });

  it('end at once the cool-down after a refused token', async () => {
    const endpoint = scriptedEndpoint();
    const before = tokensOf(endpoint);
    const { token } = await acquire(before);
    if (!token) throw new Error('expected a token');
    before.refused(failure('token_rejected'));
    expect(await before.replace(token, neverAborted)).toMatchObject({ requested: false });
    const replaced = successor(before, endpoint).replace(token, neverAborted);
    await pass(second);
    expect(accessTokenOf(await replaced)).toBe('token-2');
  });

  it('are not a way to ask more often than every second', async () => {
    const endpoint = scriptedEndpoint(() => denied('invalid_client'));
    const before = tokensOf(endpoint);
    await before.acquire(neverAborted);
    const [askedAt = 0] = endpoint.askedAt;
    await acquire(successor(successor(before, endpoint), endpoint));
    expect(endpoint.askedAt.slice(1)).toEqual([askedAt + second]);
  });
});
