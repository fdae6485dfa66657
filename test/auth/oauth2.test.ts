import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Authenticated } from '../../src/auth/authenticator.ts';
import { createOAuth2 } from '../../src/auth/oauth2.ts';
import { withDeadline } from '../../src/clock.ts';
import type { Answer, Reply } from '../../src/transport/reply.ts';
import { told } from '../failure-texts.ts';
import { neverAborted } from './asking.ts';
import { jwt } from './jwt.ts';
import { denied, granted, type ScriptedEndpoint, scriptedEndpoint, silence } from './scripted-endpoint.ts';
import { answered, refusedConnection, sending } from './sending.ts';
import { clusterTokens } from './tokens-of.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function authenticatorOf({ endpoint }: ScriptedEndpoint, audience?: string) {
  return createOAuth2(audience, clusterTokens({ endpoint }));
}

interface Polls {
  readonly last: Authenticated;
  readonly tokens: readonly string[];
}

/** One poll after the other, each a while after the last, against what the cluster answers to each request. */
function pollsEvery(seconds: number) {
  return async (
    authenticator: ReturnType<typeof authenticatorOf>,
    count: number,
    ...answers: readonly Reply[]
  ): Promise<Polls> => {
    const { send, sent } = sending(...answers);
    let last: Authenticated | undefined;
    for (let poll = 0; poll < count; poll++) {
      const authenticated = authenticator.authenticate(send, neverAborted);
      await vi.advanceTimersByTimeAsync(seconds * 1_000);
      last = await authenticated;
    }
    if (!last) throw new Error('expected at least one poll');
    return { last, tokens: sent.map(({ authorization = 'none' }) => authorization) };
  };
}

const polls = pollsEvery(60);

/** Gives tokens that live for a day, so that none is renewed before it is refused. */
const dayLong = () => scriptedEndpoint((count) => granted(`token-${count}`, 24 * 3600));

/** Seconds after the first token request. */
function requestsOf({ askedAt }: ScriptedEndpoint): readonly number[] {
  return askedAt.map((at) => (at - (askedAt[0] ?? 0)) / 1_000);
}

const ok = answered(200);
const refused = answered(401);
const forbidden = answered(403);

describe('a bearer token (RFC 6750)', () => {
  it('goes with every request', async () => {
    const { last, tokens } = await polls(authenticatorOf(scriptedEndpoint()), 2, ok);
    expect(tokens).toEqual(['Bearer token-1', 'Bearer token-1']);
    expect(last).toEqual({ reply: ok, requested: true, token: expect.anything(), tokenRequests: [] });
  });

  it('that the cluster refuses is replaced in the same poll', async () => {
    const { last, tokens } = await polls(authenticatorOf(scriptedEndpoint()), 2, ok, refused, ok);
    expect(tokens).toEqual(['Bearer token-1', 'Bearer token-1', 'Bearer token-2']);
    expect(last).toMatchObject({ reply: ok, tokenRequests: [{ seconds: 0.1 }] });
    expect(last.failure).toBeUndefined();
  });

  it('that is refused as soon as it comes fails the poll, with no third try', async () => {
    const { last, tokens } = await polls(authenticatorOf(scriptedEndpoint()), 2, ok, refused);
    expect(tokens).toEqual(['Bearer token-1', 'Bearer token-1', 'Bearer token-2']);
    expect(last).toMatchObject({ reply: refused, failure: { reason: 'token_rejected' } });
  });

  it('obtained for this poll is not replaced at once', async () => {
    const endpoint = scriptedEndpoint();
    const { last, tokens } = await polls(authenticatorOf(endpoint), 1, refused);
    expect(tokens).toEqual(['Bearer token-1']);
    expect(last).toMatchObject({ failure: { reason: 'token_rejected' }, tokenRequests: [{ seconds: 0.1 }] });
  });

  it('that is refused as soon as it comes starts a cool-down: no other is asked for at once', async () => {
    const endpoint = dayLong();
    const { last } = await pollsEvery(15)(authenticatorOf(endpoint), 12, refused);
    expect(requestsOf(endpoint)).toEqual([0, 30, 90, 150]);
    expect(last.failure?.reason).toBe('token_rejected');
  });

  it('that is refused and cannot be replaced fails the poll for the reason why', async () => {
    const endpoint = scriptedEndpoint();
    const authenticator = authenticatorOf(endpoint);
    await polls(authenticator, 1, ok);
    endpoint.answer(() => denied('invalid_client'));
    const { last } = await polls(authenticator, 1, refused);
    expect(last).toMatchObject({ reply: refused, failure: { reason: 'invalid_client' } });
    expect(last.tokenRequests).toEqual([{ seconds: 0.1, failure: 'invalid_client' }]);
  });

  it('that nobody gives sends nothing to the cluster', async () => {
    const { last, tokens } = await polls(authenticatorOf(scriptedEndpoint(() => denied('invalid_scope'))), 1, ok);
    expect(tokens).toEqual([]);
    expect(last).toMatchObject({ requested: true, failure: { reason: 'invalid_scope' } });
    expect(last).not.toHaveProperty('reply');
  });

  it('that still lives serves where its renewal fails, and says so', async () => {
    const endpoint = scriptedEndpoint((count) => (count === 1 ? granted('token-1', 80) : denied('invalid_client')));
    const { last, tokens } = await polls(authenticatorOf(endpoint), 2, ok);
    expect(tokens).toEqual(['Bearer token-1', 'Bearer token-1']);
    expect(last).toMatchObject({ reply: ok, failure: { reason: 'invalid_client' } });
  });

  it('that still lives serves where its renewal gets no answer', async () => {
    const endpoint = scriptedEndpoint((count, signal) => (count === 1 ? granted('token-1', 80) : silence(signal)));
    const { last } = await polls(authenticatorOf(endpoint), 2, ok);
    expect(last).toMatchObject({ reply: ok, failure: { reason: 'token_endpoint_unreachable' } });
  });

  it('is not to blame where the cluster forbids, or does not answer', async () => {
    const forbidden = await polls(authenticatorOf(scriptedEndpoint()), 1, answered(403));
    expect(forbidden.last.failure?.reason).toBe('forbidden');
    const unreached = await polls(authenticatorOf(scriptedEndpoint()), 1, refusedConnection);
    expect(unreached.last).toMatchObject({ reply: refusedConnection, requested: true });
    expect(unreached.last.failure).toBeUndefined();
  });

  it('counts as no request where a cool-down failed the poll', async () => {
    const authenticator = authenticatorOf(scriptedEndpoint(() => denied('invalid_client', 10 * 60_000)));
    const { last } = await polls(authenticator, 2, ok);
    expect(last).toMatchObject({ requested: false, failure: { reason: 'invalid_client' }, tokenRequests: [] });
  });

  it('that the cluster takes ends the cool-down', async () => {
    const authenticator = authenticatorOf(dayLong());
    const polls = pollsEvery(45);
    // Two fresh tokens refused: the cool-down stands at 60 s. Then one is taken, and the next refusal starts at 30 s.
    await polls(authenticator, 2, refused);
    await polls(authenticator, 1, ok);
    const { tokens } = await polls(authenticator, 2, refused);
    expect(tokens).toEqual(['Bearer token-2', 'Bearer token-3', 'Bearer token-3', 'Bearer token-4']);
  });
});

describe('a cluster that forbids (403)', () => {
  it('is shown another token in the third poll, which may have the role that the old one lacks', async () => {
    const authenticator = authenticatorOf(dayLong());
    const { last, tokens } = await polls(authenticator, 3, forbidden, forbidden, forbidden, ok);
    expect(tokens).toEqual(['Bearer token-1', 'Bearer token-1', 'Bearer token-1', 'Bearer token-2']);
    expect(last).toMatchObject({ reply: ok, tokenRequests: [{ seconds: 0.1 }] });
    expect(last.failure).toBeUndefined();
  });

  it('is shown no other where it does so twice, takes the token, and does so again', async () => {
    const { tokens } = await polls(authenticatorOf(dayLong()), 6, forbidden, forbidden, ok, forbidden, forbidden, ok);
    expect(new Set(tokens)).toEqual(new Set(['Bearer token-1']));
  });

  it.each<[string, Reply]>([
    ['does not answer', refusedConnection],
    ['is overloaded', answered(503)],
  ])('has done so three times in a row also where it %s in between', async (_, between) => {
    const answers = [forbidden, between, forbidden, between, forbidden, ok];
    const { tokens } = await polls(authenticatorOf(dayLong()), 5, ...answers);
    expect(tokens.slice(-2)).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  it('and forbids with the other token too, starts the cool-down of refused tokens', async () => {
    const endpoint = dayLong();
    const { last } = await pollsEvery(15)(authenticatorOf(endpoint), 12, forbidden);
    expect(requestsOf(endpoint)).toEqual([0, 30, 60, 120]);
    expect(last).toMatchObject({ reply: forbidden, failure: { reason: 'forbidden' } });
  });

  it('is shown no third token in a poll that had to ask for one anyway', async () => {
    const endpoint = scriptedEndpoint((count) => granted(`token-${count}`, 5));
    const { tokens } = await polls(authenticatorOf(endpoint), 5, forbidden);
    expect(tokens).toEqual([1, 2, 3, 4, 5].map((count) => `Bearer token-${count}`));
  });

  it.each<[string, (signal: AbortSignal) => ReturnType<typeof silence> | ReturnType<typeof denied>]>([
    ['refuses', () => denied('invalid_client')],
    ['does not answer', silence],
  ])('is why the poll failed where the identity provider %s, and the token stays in use', async (_, answer) => {
    const endpoint = dayLong();
    const authenticator = authenticatorOf(endpoint);
    await polls(authenticator, 2, forbidden);
    endpoint.answer((_, signal) => answer(signal));
    const { send, sent } = sending(forbidden);
    const poll = withDeadline(10_000, neverAborted, (signal) => authenticator.authenticate(send, signal));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await poll).toMatchObject({ reply: forbidden, failure: { reason: 'forbidden' }, requested: true });
    expect((await poll).tokenRequests).toHaveLength(1);
    expect(sent).toHaveLength(1);
    const { last, tokens } = await polls(authenticator, 1, ok);
    expect(tokens).toEqual(['Bearer token-1']);
    expect(last.failure).toBeUndefined();
  });
});

describe('a fresh token that is refused', () => {
  async function refusal(accessToken: string, audience?: string, answer: Partial<Answer> = {}) {
    const authenticator = authenticatorOf(
      scriptedEndpoint(() => granted(accessToken)),
      audience,
    );
    const { last } = await polls(authenticator, 1, answered(401, answer));
    if (!last.failure) throw new Error('expected a failure');
    return told(last.failure);
  }

  it.each([
    ['one that is configured', jwt({ aud: ['zeebe-api'] }), 'zeebe-api'],
    ['none, and none is configured', jwt({ sub: 'exporter' }), undefined],
    ['unknown audiences', 'opaque-token', 'zeebe-api'],
    ['one that is not configured', jwt({ aud: 'account' }), undefined],
  ])('is rejected where it has %s', async (_, accessToken, audience) => {
    expect((await refusal(accessToken, audience)).reason).toBe('token_rejected');
  });

  it.each([
    ['another', jwt({ aud: 'account' })],
    ['none', jwt({ sub: 'exporter' })],
    ['one that only begins like it', jwt({ aud: ['zeebe-api-2'] })],
  ])('has the wrong audience where it has %s than the configured one', async (_, accessToken) => {
    expect((await refusal(accessToken, 'zeebe-api')).reason).toBe('audience_mismatch');
  });

  const description =
    'An error occurred while attempting to decode the Jwt: Token audiences are [], expected at least one of [zeebe]';
  it.each<[string, Partial<Answer>]>([
    ['Zeebe 8.8', { wwwAuthenticate: `Bearer error="invalid_token", error_description="${description}"` }],
    ['Zeebe 8.6', { body: '{"title":"Unauthorized","status":401,"detail":"the provided claims are invalid"}' }],
    ['a long page', { body: `${'<p>padding</p>'.repeat(100)} invalid Audience` }],
  ])('has the wrong audience where %s says so', async (_, answer) => {
    expect((await refusal('opaque-token', undefined, answer)).reason).toBe('audience_mismatch');
    expect((await refusal(jwt({ aud: 'zeebe-api' }), 'zeebe-api', answer)).reason).toBe('audience_mismatch');
  });

  it.each([
    'Access Denied',
    'error decoding jwt',
    'the token has expired',
  ])('is rejected where Zeebe 8.6 says: %s', async (detail) => {
    const failure = await refusal('opaque-token', undefined, { body: JSON.stringify({ detail }) });
    expect(failure.reason).toBe('token_rejected');
    expect(failure.message).toContain(detail);
  });

  it('is told with the audiences that it has and the one that is wanted', async () => {
    expect(await refusal(jwt({ aud: ['account', 'other'] }), 'zeebe-api', { body: 'no' })).toEqual({
      reason: 'audience_mismatch',
      message:
        'the cluster answered 401 to a new token; the token has audiences ["account","other"], ' +
        'configured is "zeebe-api"; the cluster said: no',
      remedy:
        'the identity provider must put the audience that the cluster expects into the token: set oauth2.audience, ' +
        'in Keycloak an audience mapper on the client, in Entra ID oauth2.scopes to <application id>/.default',
    });
  });

  it('is told with what to check where its audiences are right', async () => {
    expect(await refusal(jwt({ aud: ['zeebe-api'] }), 'zeebe-api')).toEqual({
      reason: 'token_rejected',
      message:
        'the cluster answered 401 to a new token; the token has audiences ["zeebe-api"], configured is "zeebe-api"',
      remedy:
        'check that the cluster trusts this identity provider (issuer, signing keys) and that both clocks are right',
    });
  });

  it('is told as one with unknown audiences where it is opaque', async () => {
    const { message } = await refusal('opaque-token');
    expect(message).toContain('unknown audiences (it is opaque), none is configured');
  });

  it('is told with the title and the detail of problem details', async () => {
    const body =
      '{"type":"about:blank","title":"Unauthorized","status":401,"detail":"the provided claims are invalid"}';
    const { message } = await refusal('opaque-token', undefined, { contentType: 'application/problem+json', body });
    expect(message).toMatch(/; the cluster said: Unauthorized: the provided claims are invalid$/);
  });

  it('is told in one line, whatever the cluster says', async () => {
    const { message } = await refusal('opaque-token', undefined, { body: 'no\r\n  such\u0000token' });
    expect(message).toMatch(/the cluster said: no such token$/);
  });
});
