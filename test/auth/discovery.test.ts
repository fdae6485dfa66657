import nock from 'nock';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.ts';
import { told } from '../failure-texts.ts';
import { manualClock } from '../manual-clock.ts';
import { neverAborted, tokenEndpoint } from './asking.ts';
import { answerTokenRequests, html, json, type Reply, tokenReply } from './identity-provider.ts';
import { clientSecret } from './oauth2-config.ts';

beforeAll(() => nock.disableNetConnect());
afterEach(() => nock.cleanAll());
afterAll(() => nock.restore());

const issuer = 'http://identity.test/realms/camunda';
const hour = 60 * 60 * 1_000;

/** Answers discovery once; gives the headers and the query that came. */
function answerDiscovery(
  document: unknown,
  { status = 200, headers = json as Record<string, string> } = {},
): Request[] {
  const seen: Request[] = [];
  nock('http://identity.test')
    .get('/realms/camunda/.well-known/openid-configuration')
    .reply((request: Request) => {
      seen.push(request);
      return [status, typeof document === 'string' ? document : JSON.stringify(document), headers];
    });
  return seen;
}

function discovering(issuerUrl = issuer, clock: Clock = systemClock) {
  const endpoint = tokenEndpoint({ endpoint: { issuerUrl: new URL(issuerUrl) } }, clock);
  return async () => {
    const answer = await endpoint(neverAborted);
    return answer.ok ? answer : { ...answer, failure: told(answer.failure) };
  };
}

describe('a token endpoint that was found before stays in use while it cannot be looked for again', () => {
  const found = { issuer, token_endpoint: 'http://identity.test/found' };

  /** Found the endpoint an hour ago. Returns how to ask for the next token. */
  async function anHourAgo() {
    answerDiscovery(found);
    answerTokenRequests(() => tokenReply('opaque'), '/found');
    const clock = manualClock();
    const ask = discovering(issuer, clock);
    await ask();
    clock.advance(hour);
    return ask;
  }

  it('after an hour', async () => {
    const ask = await anHourAgo();
    answerDiscovery('', { status: 500 });
    expect(await ask()).toMatchObject({ ok: true });
    const again = answerDiscovery(found);
    expect(await ask()).toMatchObject({ ok: true });
    expect(again).toHaveLength(1);
  });

  it('after the token endpoint has failed', async () => {
    answerDiscovery(found);
    const replies: readonly Reply[] = [{ status: 500 }, tokenReply('opaque')];
    const requests = answerTokenRequests(() => replies[requests.length - 1] ?? {}, '/found');
    const ask = discovering();
    expect(await ask()).toMatchObject({ failure: { reason: 'token_endpoint_unreachable' } });
    answerDiscovery('', { status: 500 });
    expect(await ask()).toMatchObject({ ok: true });
  });

  it('where the issuer does not answer, which takes a quarter of the time', async () => {
    const ask = await anHourAgo();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const asked = silentIssuer();
    const answer = ask();
    await asked;
    vi.advanceTimersByTime(15_000);
    expect(await answer).toMatchObject({ ok: true });
  });
});

describe('after a failed token request', () => {
  it('discovery may take all of the time, as the endpoint may have moved', async () => {
    answerDiscovery({ issuer, token_endpoint: 'http://identity.test/old' });
    answerTokenRequests(() => ({ status: 404 }), '/old');
    const ask = discovering();
    expect(await ask()).toMatchObject({ ok: false });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const reply = Promise.withResolvers<unknown>();
    const asked = silentIssuer(reply.promise);
    answerTokenRequests(() => tokenReply('opaque'), '/new');
    const answer = ask();
    await asked;
    vi.advanceTimersByTime(50_000);
    reply.resolve([200, JSON.stringify({ issuer, token_endpoint: 'http://identity.test/new' }), json]);
    expect(await answer).toMatchObject({ ok: true });
  });

  it('a discovery for which no time is left fails as such', async () => {
    answerDiscovery({ issuer, token_endpoint: 'http://identity.test/found' });
    answerTokenRequests(() => ({ status: 404 }), '/found');
    const clock = manualClock();
    const endpoint = tokenEndpoint({ endpoint: { issuerUrl: new URL(issuer) } }, clock);
    await endpoint(neverAborted);
    const deadline = new AbortController();
    const asked = silentIssuer();
    const answer = endpoint(deadline.signal);
    await asked;
    deadline.abort(new DOMException('no whole answer within 60 s', 'TimeoutError'));
    expect(await answer).toMatchObject({ ok: false, failure: { request: { to: 'issuer' } } });
  });
});

/** An issuer that is silent until the reply comes. Resolves when it is asked. */
function silentIssuer(reply: Promise<unknown> = new Promise(() => {})): Promise<void> {
  const asked = Promise.withResolvers<void>();
  nock('http://identity.test')
    .get(/openid-configuration/)
    .reply(() => {
      asked.resolve();
      return reply as Promise<never>;
    });
  return asked.promise;
}

describe('the token endpoint of an issuer (OpenID Connect Discovery 1.0, 4)', () => {
  it('is found', async () => {
    const discovery = answerDiscovery({ issuer, token_endpoint: 'http://identity.test/found' });
    const requests = answerTokenRequests(() => tokenReply('opaque'), '/found');
    expect(await discovering()()).toMatchObject({ ok: true });
    expect(discovery).toHaveLength(1);
    expect(requests).toHaveLength(1);
  });

  it('is found without telling anybody the secret', async () => {
    const seen = answerDiscovery({ issuer, token_endpoint: 'http://identity.test/found' });
    answerTokenRequests(() => tokenReply('opaque'), '/found');
    await discovering()();
    const shown = seen.map(({ url, headers }) => `${url} ${JSON.stringify([...headers])}`);
    expect(shown).toEqual([expect.stringContaining('openid-configuration')]);
    expect(shown.join()).not.toContain(clientSecret);
  });

  it('is looked for again after an hour', async () => {
    answerDiscovery({ issuer, token_endpoint: 'http://identity.test/old' });
    const old = answerTokenRequests(() => tokenReply('opaque'), '/old');
    const moved = answerTokenRequests(() => tokenReply('opaque'), '/new');
    const clock = manualClock();
    const ask = discovering(issuer, clock);
    await ask();
    answerDiscovery({ issuer, token_endpoint: 'http://identity.test/new' });
    clock.advance(hour - 1);
    await ask();
    expect([old.length, moved.length]).toEqual([2, 0]);
    clock.advance(1);
    await ask();
    expect([old.length, moved.length]).toEqual([2, 1]);
  });

  it('is looked for again after a failure, since it may have moved', async () => {
    answerDiscovery({ issuer, token_endpoint: 'http://identity.test/old' });
    answerTokenRequests(() => ({ status: 404 }), '/old');
    const moved = answerTokenRequests(() => tokenReply('opaque'), '/new');
    const ask = discovering();
    expect(await ask()).toMatchObject({ failure: { reason: 'token_request_rejected' } });
    answerDiscovery({ issuer, token_endpoint: 'http://identity.test/new' });
    expect(await ask()).toMatchObject({ ok: true });
    expect(moved).toHaveLength(1);
  });

  it.each<[string, unknown]>([
    ['another issuer', { issuer: 'http://identity.test/realms/other', token_endpoint: 'http://identity.test/found' }],
    ['an issuer with a slash more', { issuer: `${issuer}/`, token_endpoint: 'http://identity.test/found' }],
    ['no issuer', { token_endpoint: 'http://identity.test/found' }],
    ['no token_endpoint', { issuer }],
    ['a token_endpoint that is no URL', { issuer, token_endpoint: 'found' }],
    ['a token_endpoint that is a number', { issuer, token_endpoint: 7 }],
    ['a list', []],
    ['a web page', '<html></html>'],
    ['nothing', ''],
  ])('is not taken from %s', async (_, document) => {
    answerDiscovery(document);
    const requests = answerTokenRequests(() => tokenReply('opaque'), '/found');
    const answer = await discovering()();
    expect(answer).toMatchObject({ failure: { reason: 'token_response_invalid' } });
    expect(requests).toEqual([]);
  });

  it('is not taken where the secret would go there by http, though the issuer has https', async () => {
    const document = { issuer: 'https://identity.test/realms/camunda', token_endpoint: 'http://identity.test/found' };
    nock('https://identity.test').get('/realms/camunda/.well-known/openid-configuration').reply(200, document, json);
    const requests = answerTokenRequests(() => tokenReply('opaque'), '/found');
    const answer = await discovering('https://identity.test/realms/camunda')();
    expect(answer).toMatchObject({
      failure: {
        reason: 'token_response_invalid',
        message: expect.stringContaining('not at the token_endpoint http://identity.test/found'),
      },
    });
    expect(requests).toEqual([]);
  });

  const https = 'https://identity.test/realms/camunda';
  it.each([
    ['another issuer', `${issuer}/`, 'http://identity.test/found', `a document of issuer ${issuer}/`],
    ['another issuer by https', `${https}/`, 'https://identity.test/found', `a document of issuer ${https}/`],
    ['no token endpoint', https, undefined, `a document of issuer ${https}`],
    [
      'a token endpoint without https',
      https,
      'HTTP://identity.test/found?code=key',
      'one that has https at the issuer and not at the token_endpoint http://identity.test/found',
    ],
    [
      'a token endpoint that is no URL',
      https,
      'http://',
      'one that has https at the issuer and not at the token_endpoint that is no URL',
    ],
  ])('is told with the document that came: %s', async (_, named, token_endpoint, got) => {
    const asked = named.startsWith('https:') ? https : issuer;
    const document = { issuer: named, token_endpoint };
    nock(new URL(asked).origin).get('/realms/camunda/.well-known/openid-configuration').reply(200, document, json);
    expect(await discovering(asked)()).toMatchObject({
      failure: {
        message:
          `discovery from issuer ${asked} answered 200, ` +
          `expected its OpenID configuration with a token_endpoint, got ${got}`,
        remedy:
          'set oauth2.issuer_url to the issuer exactly as the identity provider names it, or oauth2.token_url instead',
      },
    });
  });

  it.each([
    ['nothing', 200, '', {}, 'no such document'],
    ['another success', 204, '', {}, 'no such document'],
    [
      'a coding that is not known',
      200,
      'x',
      { 'content-encoding': 'rot13' },
      'content encoding "rot13", expected identity, gzip, deflate, br or zstd',
    ],
  ])('is told with what came instead of the document: %s', async (_, status, document, headers, got) => {
    answerDiscovery(document, { status, headers });
    expect(await discovering()()).toMatchObject({
      failure: {
        reason: 'token_response_invalid',
        message:
          `discovery from issuer ${issuer} answered ${status}, ` +
          `expected its OpenID configuration with a token_endpoint, got ${got}`,
        remedy: expect.stringContaining(got === 'no such document' ? 'set oauth2.issuer_url' : 'turn off compression'),
      },
    });
  });

  it.each<[number, string]>([
    [300, 'token_response_invalid'],
    [302, 'token_response_invalid'],
    [404, 'token_request_rejected'],
    [429, 'token_rate_limited'],
    [500, 'token_endpoint_unreachable'],
  ])('is not found where a %i comes: %s', async (status, reason) => {
    answerDiscovery('<html></html>', { status, headers: { ...html, 'retry-after': '7' } });
    const answer = await discovering()();
    expect(answer).toMatchObject({
      failure: { reason, message: expect.stringContaining(`discovery from issuer ${issuer} answered ${status}`) },
      retryAfter: 7_000,
    });
    expect(JSON.stringify(answer)).not.toContain('OpenID configuration');
    // No token was asked for, so none is counted.
    expect(answer.request).toBeUndefined();
  });

  it('is not found where nobody answers', async () => {
    nock('http://identity.test')
      .get(/openid-configuration/)
      .replyWithError(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
    expect(await discovering()()).toMatchObject({
      failure: { reason: 'token_endpoint_unreachable', message: expect.stringContaining(issuer) },
    });
  });
});
