import { generateKeyPairSync } from 'node:crypto';
import nock from 'nock';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ClientAuthentication } from '../../src/config/client-authentication-config.ts';
import { Secret } from '../../src/secret.ts';
import type { Reply } from './identity-provider.ts';
import { checkUrl, failureOf, refusalOf } from './refusals.ts';

beforeAll(() => nock.disableNetConnect());
afterEach(() => nock.cleanAll());
afterAll(() => nock.restore());

describe('a refusal', () => {
  const checkClient = expect.stringContaining('oauth2.client_id and oauth2.client_secret');
  const checkUrlAndAudience = `${checkUrl}, and oauth2.audience`;
  it.each<[string, Reply, unknown]>([
    ['the client after invalid_client', { status: 400, body: { error: 'invalid_client' } }, checkClient],
    ['the client after unauthorized_client', { status: 400, body: { error: 'unauthorized_client' } }, checkClient],
    ['the client after access_denied', { status: 403, body: { error: 'access_denied' } }, checkClient],
    ['the client after a 401', { status: 401 }, checkClient],
    ['URL and audience after another 4xx', { status: 404 }, checkUrlAndAudience],
    ['URL and audience after another error', { status: 400, body: { error: 'invalid_target' } }, checkUrlAndAudience],
    [
      'the scope after invalid_scope',
      { status: 400, body: { error: 'invalid_scope' } },
      expect.stringContaining('oauth2.scopes'),
    ],
    ['who else asks after a 429', { status: 429 }, 'let fewer clients ask for tokens from this address'],
    ['the log after a 5xx', { status: 503 }, "see the identity provider's own log"],
    ['the URL after a redirect', { status: 302 }, checkUrl],
  ])('is told with what to check: %s', async (_, reply, remedy) => {
    expect((await refusalOf(reply)).remedy).toEqual(remedy);
  });

  const secret = new Secret('client-secret-0815');
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
  const ofSecret =
    'check oauth2.client_id and oauth2.client_secret: ' +
    'the secret may have expired or been replaced, or the client may not use client credentials';
  it.each<[ClientAuthentication, string]>([
    [{ method: 'client_secret_post', secret }, ofSecret],
    [{ method: 'client_secret_basic', secret }, ofSecret],
    [
      { method: 'private_key_jwt', key: new Secret(key.toString()), algorithm: 'ES256' },
      'check oauth2.client_id and oauth2.client_certificate_key_file: the identity provider must know the public key or its certificate, ' +
        'the key id and the algorithm, both clocks must be right, and the client must be allowed client credentials',
    ],
    [
      { method: 'tls_client_auth' },
      'check oauth2.client_id and oauth2.tls_config.cert_file: the identity provider must know ' +
        'the certificate as that of the client, and the client must be allowed client credentials',
    ],
  ])('is told with what to check of the client: $method', async (clientAuthentication, remedy) => {
    const failure = await refusalOf({ status: 401, body: { error: 'invalid_client' } }, { clientAuthentication });
    expect(failure.remedy).toBe(remedy);
  });
});

describe('a token endpoint that does not answer', () => {
  const reach =
    'check that the identity provider runs and can be reached from here, and the address in oauth2.token_url';
  it.each([
    ['ENOTFOUND', reach],
    ['ECONNREFUSED', reach],
    ['UND_ERR_HEADERS_TIMEOUT', reach],
    [
      'CERT_HAS_EXPIRED',
      'check the certificate of the identity provider; oauth2.tls_config.ca_file names the CA of a private one, ' +
        'and oauth2.tls_config.cert_file the client certificate, if it asks for one',
    ],
    ['UND_ERR_RES_EXCEEDED_MAX_SIZE', checkUrl],
    ['EMFILE', 'an unexpected failure: the message is all that is known'],
  ])('is told with what to check: %s', async (code, remedy) => {
    nock('http://identity.test')
      .post('/token')
      .replyWithError(Object.assign(new Error('what came'), { code }));
    expect((await failureOf()).remedy).toBe(remedy);
  });
});
