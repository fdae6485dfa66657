import fc from 'fast-check';
import nock from 'nock';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TokenAnswer } from '../../src/auth/token-endpoint.ts';
import type { OAuth2Config } from '../../src/config/config.ts';
import { Secret } from '../../src/secret.ts';
import { manualClock } from '../manual-clock.ts';
import { neverAborted, tokenEndpoint } from './asking.ts';
import { answerTokenRequests, html, json, type Reply, text, tokenReply } from './identity-provider.ts';
import { jwt } from './jwt.ts';
import { clientSecret } from './oauth2-config.ts';

const now = Date.UTC(2026, 0, 1);

beforeAll(() => nock.disableNetConnect());
afterEach(() => nock.cleanAll());
afterAll(() => nock.restore());

function ask(config: Partial<OAuth2Config> = {}, signal = neverAborted): Promise<TokenAnswer> {
  return tokenEndpoint(config, manualClock(now))(signal);
}

/** What comes of an answer: the token, or the reason why there is none. */
async function outcomeOf(reply: Reply): Promise<unknown> {
  answerTokenRequests(() => reply);
  const answer = await ask();
  if (!answer.ok) return answer.failure.reason;
  const { accessToken, expiresAt } = answer.token;
  return { token: accessToken.open(), seconds: expiresAt === undefined ? undefined : (expiresAt - now) / 1000 };
}

describe('a token request (RFC 6749, 4.4.2)', () => {
  it('is a form with the client in it', async () => {
    const [request] = await requested();
    expect(request?.form).toEqual({
      grant_type: 'client_credentials',
      client_id: 'exporter',
      client_secret: clientSecret,
    });
    expect(request?.headers.get('content-type')).toMatch('application/x-www-form-urlencoded');
    expect(request?.headers.has('authorization')).toBe(false);
  });

  it('has audience, scopes, resource and further parameters as configured', async () => {
    const [request] = await requested({
      audience: 'zeebe.camunda.io',
      scopes: ['zeebe', 'api://orchestration/.default'],
      resource: 'https://zeebe.example/?a=b&c',
      endpointParams: { organization: new Secret('org_1'), 'x y': new Secret('ä&=+') },
    });
    expect(request?.form).toMatchObject({
      audience: 'zeebe.camunda.io',
      scope: 'zeebe api://orchestration/.default',
      resource: 'https://zeebe.example/?a=b&c',
      organization: 'org_1',
      'x y': 'ä&=+',
    });
  });

  it.each([
    ['exporter', 'secret', 'exporter:secret'],
    ['letters, digits, -_.~ as they are', 'aZ09-_.~', 'letters%2C+digits%2C+-_.~+as+they+are:aZ09-_.~'],
    ['a secret with % and +', 'a secret with % and +', 'a+secret+with+%25+and+%2B:a+secret+with+%25+and+%2B'],
    ['client:1 ä€', "!'()*&=/\\", 'client%3A1+%C3%A4%E2%82%AC:%21%27%28%29%2A%26%3D%2F%5C'],
  ])('has the client in a header with client_secret_basic, as Go encodes it: %s', async (clientId, secret, encoded) => {
    const [request] = await requested({
      clientId,
      clientAuthentication: { method: 'client_secret_basic', secret: new Secret(secret) },
    });
    expect(request?.headers.get('authorization')).toBe(`Basic ${Buffer.from(encoded).toString('base64')}`);
    expect(request?.form).toEqual({ grant_type: 'client_credentials' });
  });

  it('can be read back with client_secret_basic, whatever id and secret are (RFC 6749, 2.3.1)', async () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 }).filter((each) => each.isWellFormed());
    const seen = answerTokenRequests(() => tokenReply('opaque'));
    await fc.assert(
      fc.asyncProperty(text, text, async (clientId, secret) => {
        await ask({ clientId, clientAuthentication: { method: 'client_secret_basic', secret: new Secret(secret) } });
        const [, credentials = ''] = seen.at(-1)?.headers.get('authorization')?.split(' ') ?? [];
        const decoded = Buffer.from(credentials, 'base64').toString();
        expect([...new URLSearchParams(decoded.replace(':', '='))]).toEqual([[clientId, secret]]);
      }),
    );
  });

  it('keeps the query of the token URL', async () => {
    const seen = answerTokenRequests(() => tokenReply('opaque'), '/token?p=policy');
    await ask({ endpoint: { tokenUrl: new URL('http://identity.test/token?p=policy') } });
    expect(seen).toHaveLength(1);
  });

  it('has one scope alone, and no scope where none is configured', async () => {
    const seen = answerTokenRequests(() => tokenReply('opaque'));
    await ask({ scopes: ['zeebe'] });
    await ask({ scopes: [] });
    expect(seen.map(({ form }) => form.scope)).toEqual(['zeebe', undefined]);
  });

  it('is not sent once the time has run out', async () => {
    const seen = answerTokenRequests(() => tokenReply('opaque'));
    const answer = await ask({}, AbortSignal.abort(new DOMException('too late', 'TimeoutError')));
    expect(answer).toEqual({ ok: false, failure: expect.objectContaining({ reason: 'token_endpoint_unreachable' }) });
    expect(seen).toEqual([]);
  });

  async function requested(config: Partial<OAuth2Config> = {}) {
    const seen = answerTokenRequests(() => tokenReply('opaque'));
    const answer = await ask(config);
    expect(answer.ok).toBe(true);
    return seen;
  }
});

describe('the duration of a token request', () => {
  it.each<[string, Reply]>([
    ['a token', tokenReply('opaque')],
    ['a refusal', { status: 400 }],
  ])('is told in seconds with %s', async (_, reply) => {
    const clock = manualClock();
    answerTokenRequests(() => {
      clock.advance(1_500);
      return reply;
    });
    expect((await tokenEndpoint({}, clock)(neverAborted)).request?.seconds).toBe(1.5);
  });
});

describe('a token is taken', () => {
  const opaque = { access_token: 'opaque', token_type: 'Bearer', expires_in: 300 };

  it.each<[string, Reply]>([
    ['as the RFC wants it', { body: opaque }],
    ['as text/plain', { body: opaque, headers: text }],
    ['without a content type', { body: opaque, headers: {} }],
    ['with a byte order mark', { body: `\uFEFF${JSON.stringify(opaque)}` }],
    ['without token_type', { body: { ...opaque, token_type: undefined } }],
    ['with token_type null', { body: { ...opaque, token_type: null } }],
    ['with an empty token_type', { body: { ...opaque, token_type: '' } }],
    ['with token_type in lower case', { body: { ...opaque, token_type: 'bearer' } }],
    ['with token_type BearerToken', { body: { ...opaque, token_type: 'BearerToken' } }],
    ['with token_type bearer_token and blanks', { body: { ...opaque, token_type: ' bearer_token ' } }],
    ['with token_type JWT', { body: { ...opaque, token_type: 'JWT' } }],
    ['with token_type at+jwt', { body: { ...opaque, token_type: 'at+jwt' } }],
    ['with an error beside it', { body: { ...opaque, error: 'none' } }],
    ['with scope null', { body: { ...opaque, scope: null } }],
    ['with refresh_token null', { body: { ...opaque, refresh_token: null } }],
    ['with an id_token that is none', { body: { ...opaque, id_token: 'nonsense' } }],
    ['with expires_in as a text', { body: { ...opaque, expires_in: '300' } }],
    ['with WWW-Authenticate', { body: opaque, headers: { ...json, 'www-authenticate': 'Bearer error="x"' } }],
    ["with Keycloak's extras", { body: { ...opaque, refresh_expires_in: 0, 'not-before-policy': 0, scope: 'a b' } }],
  ])('%s', async (_, reply) => {
    expect(await outcomeOf(reply)).toEqual({ token: 'opaque', seconds: 300 });
  });

  it('as long as the headers of a request may be', async () => {
    const accessToken = 'x'.repeat(16 * 1024);
    expect(await outcomeOf(tokenReply(accessToken))).toEqual({ token: accessToken, seconds: 300 });
  });

  it('without a secret of the request among its audiences', async () => {
    answerTokenRequests(() => tokenReply(jwt({ aud: ['account', `for ${clientSecret}`] })));
    expect(await ask()).toMatchObject({ token: { audiences: ['account', 'for <secret>'] } });
  });

  it('with 100 of its audiences, the configured one among them', async () => {
    const audiences = Array.from({ length: 500 }, (_, index) => `audience-${index}`);
    answerTokenRequests(() => tokenReply(jwt({ aud: audiences })));
    const answer = await ask({ audience: 'audience-499' });
    const kept = answer.ok ? answer.token.audiences : undefined;
    expect(kept).toHaveLength(100);
    expect(kept?.slice(0, 2)).toEqual(['audience-499', 'audience-0']);
  });

  it.each([
    undefined,
    null,
    'abc',
    '',
    -5,
    0,
    '-5',
    true,
    [],
    {},
  ])('without a lifetime where expires_in is %j', async (expiresIn) => {
    expect(await outcomeOf({ body: { ...opaque, expires_in: expiresIn } })).toEqual({ token: 'opaque' });
  });

  it.each([
    '1e400',
    '1e306',
    '9'.repeat(300),
  ])('without a lifetime where expires_in is the number %s', async (expiresIn) => {
    const body = JSON.stringify({ ...opaque, expires_in: 0 }).replace(':0', `:${expiresIn}`);
    expect(await outcomeOf({ body })).toEqual({ token: 'opaque' });
  });

  it("with the JWT's own end where expires_in is nonsense", async () => {
    const accessToken = jwt({ exp: now / 1000 + 120, iat: now / 1000 });
    expect(await outcomeOf(tokenReply(accessToken, 'abc'))).toEqual({ token: accessToken, seconds: 120 });
  });
});

describe('an answer is no token', () => {
  it.each<[string, Reply]>([
    ['a redirect', { status: 302, headers: { location: 'https://login.example/' } }],
    ['a redirect that keeps the method', { status: 307, headers: { location: 'http://identity.test/token2' } }],
    ['201', { ...tokenReply('opaque'), status: 201 }],
    ['204', { status: 204, headers: {} }],
    ['an empty 200', { body: '' }],
    ['a web page', { body: '<html>log in</html>', headers: html }],
    ['text', { body: 'opaque', headers: text }],
    ['a JSON list', { body: [tokenReply('opaque').body] }],
    ['JSON null', { body: 'null' }],
    ['an error that is no text', { body: { error: ['invalid_client'] } }],
    ['an empty error', { body: { error: '' } }],
    ['no access_token', { body: { token_type: 'Bearer', expires_in: 300 } }],
    ['an access_token that is a number', { body: { access_token: 7, token_type: 'Bearer' } }],
    ['an empty access_token', tokenReply('')],
    ['a token with a line break', tokenReply('opaque\r\nx-injected: 1')],
    ['a token with a space', tokenReply('two words')],
    ['a token that is not ASCII', tokenReply('tökén')],
    ['a token longer than any header', tokenReply('x'.repeat(16 * 1024 + 1))],
    ...['mac', 'DPoP', 'N_A', 'not-a-bearer', 'bearer tokens', 'jwts', 7].map((tokenType): [string, Reply] => [
      `a token of type ${tokenType}`,
      { body: { access_token: 'opaque', token_type: tokenType } },
    ]),
  ])('%s', async (_, reply) => {
    expect(await outcomeOf(reply)).toBe('token_response_invalid');
  });

  it('where it is not followed to another place', async () => {
    const elsewhere = answerTokenRequests(() => tokenReply('opaque'), '/token2');
    await outcomeOf({ status: 307, headers: { location: 'http://identity.test/token2' } });
    expect(elsewhere).toEqual([]);
  });
});

describe('a failure', () => {
  it.each([
    ['seconds', '7', 7_000],
    ['a date', new Date(now + 90_000).toUTCString(), 90_000],
    ['a year', '31536000', 3_600_000],
  ])('tells when to ask again: %s', async (_, header, retryAfter) => {
    answerTokenRequests(() => ({ status: 429, headers: { 'retry-after': header } }));
    expect(await ask()).toMatchObject({ ok: false, retryAfter });
  });

  it('tells nothing of it where Retry-After is nonsense', async () => {
    answerTokenRequests(() => ({ status: 503, headers: { 'retry-after': '-5' } }));
    expect(await ask()).not.toHaveProperty('retryAfter');
  });

  it('counts as a request that was sent', async () => {
    answerTokenRequests(() => ({ status: 503 }));
    expect(await ask()).toMatchObject({ request: { failure: 'token_endpoint_unreachable' } });
  });
});
