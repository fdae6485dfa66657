import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import nock from 'nock';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { PrivateKeyJwt } from '../../src/config/client-authentication-config.ts';
import type { OAuth2Config } from '../../src/config/config.ts';
import { Secret } from '../../src/secret.ts';
import { neverAborted, tokenEndpoint } from './asking.ts';
import { answerTokenRequests, json, tokenReply } from './identity-provider.ts';
import { askOnce } from './refusals.ts';

beforeAll(() => nock.disableNetConnect());
afterEach(() => nock.cleanAll());
afterAll(() => nock.restore());

const issuer = 'http://identity.test/realms/camunda';
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

function privateKeyJwt(key: KeyObject, more: Partial<PrivateKeyJwt> = {}): Partial<OAuth2Config> {
  const pem = new Secret(key.export({ type: 'pkcs8', format: 'pem' }).toString());
  const algorithm = key === ec ? 'ES256' : 'RS256';
  return { clientAuthentication: { method: 'private_key_jwt', key: pem, algorithm, ...more } };
}

function answerDiscovery(document: object): void {
  nock('http://identity.test')
    .get('/realms/camunda/.well-known/openid-configuration')
    .reply(200, { issuer, ...document }, json);
}

describe('private_key_jwt (RFC 7523)', () => {
  it.each([
    ['RS256', rsa],
    ['PS256', rsa],
    ['ES256', ec],
  ] as const)('signs an assertion by %s', async (algorithm, key) => {
    const { form, headers } = await requested(privateKeyJwt(key, { algorithm }));
    const { client_assertion: assertion = '', ...rest } = form;
    expect(rest).toEqual({
      grant_type: 'client_credentials',
      client_id: 'exporter',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    });
    expect(headers.has('authorization')).toBe(false);
    const { payload, protectedHeader } = await jwtVerify(assertion, createPublicKey(key), {
      algorithms: [algorithm],
      issuer: 'exporter',
      subject: 'exporter',
      audience: 'http://identity.test/token',
      requiredClaims: ['jti', 'exp', 'iat'],
    });
    expect(protectedHeader).toEqual({ alg: algorithm, typ: 'JWT' });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBeLessThanOrEqual(300);
  });

  it('names the key by its id, and its certificate by the thumbprint', async () => {
    const certificate = readFileSync(new URL('../fixtures/config/two-certs.pem', import.meta.url), 'utf8');
    const { form } = await requested(privateKeyJwt(rsa, { keyId: 'key-1', certificate }));
    expect(decodeProtectedHeader(form.client_assertion ?? '')).toEqual({
      alg: 'RS256',
      typ: 'JWT',
      kid: 'key-1',
      'x5t#S256': createHash('sha256').update(new X509Certificate(certificate).raw).digest('base64url'),
    });
  });

  it('is meant for the issuer, where that is known', async () => {
    answerDiscovery({ token_endpoint: 'http://identity.test/token' });
    const { form } = await requested({ ...privateKeyJwt(ec), endpoint: { issuerUrl: new URL(issuer) } });
    await jwtVerify(form.client_assertion ?? '', createPublicKey(ec), { audience: issuer });
  });

  it('signs a new assertion for each request', async () => {
    const seen = answerTokenRequests(() => tokenReply('opaque'));
    const endpoint = tokenEndpoint(privateKeyJwt(ec));
    await endpoint(neverAborted);
    await endpoint(neverAborted);
    expect(new Set(seen.map(({ form }) => form.client_assertion)).size).toBe(2);
  });

  it('is told by a refusal, without the assertion', async () => {
    const seen = answerTokenRequests(({ form }) => ({
      status: 400,
      body: { error: 'invalid_client', error_description: `bad assertion ${form.client_assertion}` },
    }));
    const answer = await askOnce(privateKeyJwt(rsa));
    expect(answer).toMatchObject({
      ok: false,
      failure: {
        reason: 'invalid_client',
        message: 'POST http://identity.test/token answered 400: invalid_client: bad assertion <secret>',
        remedy: expect.stringContaining('oauth2.client_certificate_key_file'),
      },
    });
    expect(JSON.stringify(answer)).not.toContain(seen[0]?.form.client_assertion?.slice(0, 30));
  });
});

describe('tls_client_auth (RFC 8705)', () => {
  const tlsClientAuth = { clientAuthentication: { method: 'tls_client_auth' } } as const;

  it('sends the client id and no secret', async () => {
    const { form, headers } = await requested(tlsClientAuth);
    expect(form).toEqual({ grant_type: 'client_credentials', client_id: 'exporter' });
    expect(headers.has('authorization')).toBe(false);
  });

  it.each([
    ['the alias for it, where there is one', { token_endpoint: 'http://identity.test/mtls' }, '/mtls'],
    ['the token endpoint, where the aliases lack it', { introspection_endpoint: 'http://identity.test/i' }, '/token'],
    ['the token endpoint, where the alias is none', { token_endpoint: 7 }, '/token'],
    ['the token endpoint, where the aliases are none', null, '/token'],
  ])('asks %s (section 5)', async (_, mtls_endpoint_aliases, path) => {
    answerDiscovery({ token_endpoint: 'http://identity.test/token', mtls_endpoint_aliases });
    const seen = answerTokenRequests(() => tokenReply('opaque'), path);
    const config = { ...tlsClientAuth, endpoint: { issuerUrl: new URL(issuer) } };
    expect(await tokenEndpoint(config)(neverAborted)).toMatchObject({ ok: true });
    expect(seen).toHaveLength(1);
  });

  it('is told by a refusal', async () => {
    answerTokenRequests(() => ({ status: 401, body: { error: 'invalid_client' } }));
    expect(await askOnce(tlsClientAuth)).toMatchObject({
      ok: false,
      failure: { reason: 'invalid_client', remedy: expect.stringContaining('oauth2.tls_config.cert_file') },
    });
  });
});

it('a secret never goes to the alias', async () => {
  const mtls_endpoint_aliases = { token_endpoint: 'http://identity.test/mtls' };
  answerDiscovery({ token_endpoint: 'http://identity.test/token', mtls_endpoint_aliases });
  const { form } = await requested({ endpoint: { issuerUrl: new URL(issuer) } });
  expect(form).toHaveProperty('client_secret');
});

describe('the query of the token URL', () => {
  const tokenUrl = new URL('http://identity.test/token?code=key-of-a-gateway&p=1');

  it('is in no message', async () => {
    answerTokenRequests(
      () => ({ status: 400, body: { error: 'invalid_request', error_description: `no ${tokenUrl}` } }),
      '/token?code=key-of-a-gateway&p=1',
    );
    const refused = await askOnce({ endpoint: { tokenUrl } });
    expect(refused).toMatchObject({
      failure: {
        message:
          'POST http://identity.test/token answered 400: invalid_request: no http://identity.test/token?<secret>',
      },
    });
    nock.cleanAll();
    const unanswered = await askOnce({ endpoint: { tokenUrl } });
    expect(JSON.stringify([refused, unanswered])).not.toContain('key-of-a-gateway');
    expect(unanswered.ok).toBe(false);
  });

  it('hides its values too, but for those too short to be keys', async () => {
    const tokenUrl = new URL('http://identity.test/token?code=12345678&p=abcdefg');
    const description = 'no 12345678 for abcdefg';
    const path = `${tokenUrl.pathname}${tokenUrl.search}`;
    answerTokenRequests(() => ({ status: 400, body: { error_description: description } }), path);
    expect(await askOnce({ endpoint: { tokenUrl } })).toMatchObject({
      failure: { message: 'POST http://identity.test/token answered 400: no <secret> for abcdefg' },
    });
  });
});

async function requested(config: Partial<OAuth2Config>) {
  const seen = answerTokenRequests(() => tokenReply('opaque'));
  const answer = await tokenEndpoint(config)(neverAborted);
  expect(answer).toMatchObject({ ok: true });
  const [request] = seen;
  if (!request) throw new Error('no request came');
  return request;
}
