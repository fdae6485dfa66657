import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Authenticated, Authenticator } from '../../src/auth/authenticator.ts';
import { none } from '../../src/auth/authenticator.ts';
import { systemClock } from '../../src/clock.ts';
import { createPoll, type PollResult } from '../../src/poll/poll.ts';
import type { Answer, Reply } from '../../src/transport/reply.ts';
import type { Client } from '../../src/zeebe/client.ts';
import { notAnswered } from '../auth/sending.ts';
import { failure } from '../polls.ts';
import { recorded, topologyOf } from '../topologies.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
});
afterEach(() => {
  vi.useRealTimers();
});

const body = recorded('8.6.0-3x3x3-healthy');

function answered(status: number, answer: Partial<Answer> = {}): Answer {
  const url = new URL('http://127.0.0.1:8080/v1/topology');
  const headers = { contentType: 'application/json', wwwAuthenticate: '', location: '', retryAfter: '' };
  const masked = (text: string) => text;
  return { kind: 'answer', url, status, body, isUtf8: true, masked, ...headers, ...answer };
}

const never = new AbortController().signal;

async function pollWith(client: Client, authenticator: Authenticator = none): Promise<PollResult> {
  return createPoll({ client, authenticator, pollTimeout: 10_000, clock: systemClock })(never);
}

/** An authenticator that comes to this, whatever the cluster says. */
function authenticating(authenticated: Omit<Authenticated, 'tokenRequests'>): Authenticator {
  return { method: 'oauth2', authenticate: async () => ({ tokenRequests: [], ...authenticated }) };
}

const unused: Client = async () => answered(200);

function reasonOf({ outcome }: PollResult): string {
  return outcome.ok ? 'none' : outcome.failure.reason;
}

describe('a poll', () => {
  it('ends with the topology that the cluster answers', async () => {
    const result = await pollWith(async () => answered(200));
    expect(result.outcome).toEqual({ ok: true, topology: topologyOf(body) });
    expect(result).toMatchObject({ httpStatus: 200, authentication: { up: true } });
  });

  it('lasts from its start to its end, and ends at the time by this machine’s clock', async () => {
    const polling = pollWith(
      () =>
        new Promise((resolve) => {
          setTimeout(() => resolve(answered(200)), 1_500);
        }),
    );
    await vi.advanceTimersByTimeAsync(1_500);
    expect(await polling).toMatchObject({ seconds: 1.5, endedAt: Date.UTC(2026, 0, 1) + 1_500 });
  });

  it('sends what the authenticator gives it', async () => {
    const sent: unknown[] = [];
    const authenticator: Authenticator = {
      method: 'basic',
      authenticate: async (send) => ({
        reply: await send({ authorization: 'Basic eDp5' }),
        requested: true,
        tokenRequests: [],
      }),
    };
    await pollWith(async (headers) => {
      sent.push(headers);
      return answered(200);
    }, authenticator);
    expect(sent).toEqual([{ authorization: 'Basic eDp5' }]);
  });

  it('aborts what still runs when its time is up', async () => {
    let reason: unknown;
    const polling = pollWith(
      (_headers, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            reason = signal.reason;
            resolve(notAnswered('timeout'));
          });
        }),
    );
    await vi.advanceTimersByTimeAsync(10_000);
    expect(reasonOf(await polling)).toBe('timeout');
    expect(reason).toMatchObject({ name: 'TimeoutError' });
  });
});

describe('the reason of a failed poll', () => {
  it.each<[string, Reply, string]>([
    ['401', answered(401), 'auth'],
    ['403', answered(403), 'auth'],
    ['404', answered(404), 'not_found'],
    ['302', answered(302), 'redirect'],
    ['429', answered(429), 'rate_limited'],
    ['503', answered(503), 'http_status'],
    ['503 for too much load', answered(503, { body: '{"title":"RESOURCE_EXHAUSTED"}' }), 'rate_limited'],
    ['204', answered(204), 'http_status'],
    ['HTML', answered(200, { contentType: 'text/html' }), 'content_type'],
    ['another document', answered(200, { body: '{"status":"UP"}' }), 'malformed'],
    ['no answer in time', notAnswered('timeout'), 'timeout'],
    ['no connection', notAnswered('connect'), 'connect'],
  ])('after %s', async (_case, sent, reason) => {
    expect(reasonOf(await pollWith(async () => sent))).toBe(reason);
  });

  it('is auth where no token was to be had, be it for want of time', async () => {
    const failed = failure('token_endpoint_unreachable');
    const result = await pollWith(unused, authenticating({ requested: true, failure: failed }));
    expect(result.outcome).toEqual({ ok: false, failure: { ...failed, reason: 'auth' } });
    expect(result.authentication).toMatchObject({ up: false, failure: failed });
  });

  it('is the cluster’s where the old token still worked and the cluster failed otherwise', async () => {
    const renewal = { requested: true, failure: failure('invalid_client') };
    const result = await pollWith(unused, authenticating({ ...renewal, reply: answered(500) }));
    expect(reasonOf(result)).toBe('http_status');
    expect(result.authentication.failure?.reason).toBe('invalid_client');
  });

  it('is none where the old token still worked', async () => {
    const renewal = { requested: true, failure: failure('invalid_client') };
    const result = await pollWith(unused, authenticating({ ...renewal, reply: answered(200) }));
    expect(reasonOf(result)).toBe('none');
    expect(result.authentication).toMatchObject({ up: true, failure: { reason: 'invalid_client' } });
  });
});

describe('authentication', () => {
  it.each<[string, Reply, boolean | undefined]>([
    ['up after a 200', answered(200), true],
    ['up after a 200 that is no topology', answered(200, { contentType: 'text/html' }), true],
    ['down after a 401', answered(401), false],
    ['down after a 403', answered(403), false],
    ['undecided after a 404', answered(404), undefined],
    ['undecided after a 503', answered(503), undefined],
    ['undecided without an answer', notAnswered('dns'), undefined],
  ])('is %s', async (_case, sent, up) => {
    expect((await pollWith(async () => sent)).authentication.up).toBe(up);
  });
});

describe('what there was none of', () => {
  it('is a duration, where a cool-down failed the poll without a request', async () => {
    const failed = failure('token_rejected');
    const result = await pollWith(unused, authenticating({ requested: false, failure: failed }));
    expect(result).not.toHaveProperty('seconds');
    expect(result).not.toHaveProperty('httpStatus');
    expect(reasonOf(result)).toBe('auth');
  });

  it('is a status, where the cluster did not answer', async () => {
    const result = await pollWith(async () => notAnswered('connect'));
    expect(result).not.toHaveProperty('httpStatus');
    expect(result.seconds).toBe(0);
  });
});

describe('the status', () => {
  it('is that of the last answer, where the second request of a poll got none', async () => {
    const answers = [answered(401), notAnswered('connect')];
    const twice: Authenticator = {
      method: 'oauth2',
      authenticate: async (send) => {
        await send({});
        return { reply: await send({}), requested: true, tokenRequests: [] };
      },
    };
    const result = await pollWith(async () => answers.shift() ?? notAnswered('other'), twice);
    expect(result.httpStatus).toBe(401);
    expect(reasonOf(result)).toBe('connect');
  });

  it('is that of the version asked first, where the other one got no answer', async () => {
    const result = await pollWith(async () => ({ ...notAnswered('timeout'), status: 404 }));
    expect(result.httpStatus).toBe(404);
    expect(reasonOf(result)).toBe('timeout');
  });
});

it('carries on the token’s times and the token requests', async () => {
  const token = { obtainedAt: Date.UTC(2026, 0, 1), expiresAt: Date.UTC(2026, 0, 1) + 60_000, lifetime: 60_000 };
  const authenticator: Authenticator = {
    method: 'oauth2',
    authenticate: async () => ({ reply: answered(200), requested: true, token, tokenRequests: [{ seconds: 0.2 }] }),
  };
  expect((await pollWith(unused, authenticator)).authentication).toEqual({
    up: true,
    token,
    tokenRequests: [{ seconds: 0.2 }],
  });
});
