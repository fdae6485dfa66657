import nock from 'nock';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { AuthFailure } from '../../src/auth/failure.ts';
import type { OAuth2Config } from '../../src/config/config.ts';
import { loopbackCertificate } from '../simulator/loopback-certificate.ts';
import { httpServer, httpsServer, tcpServer } from '../transport/loopback.ts';
import { neverAborted, tokenEndpoint } from './asking.ts';
import { answerTokenRequests, html, json, type Reply, text } from './identity-provider.ts';

beforeAll(() => nock.disableNetConnect());
afterEach(() => nock.cleanAll());
afterAll(() => nock.restore());

async function failureOf(config: Partial<OAuth2Config> = {}): Promise<AuthFailure> {
  const answer = await tokenEndpoint(config)(neverAborted);
  if (answer.ok) throw new Error('expected a failure, got a token');
  return answer.failure;
}

async function refusalOf(reply: Reply, config: Partial<OAuth2Config> = {}): Promise<AuthFailure> {
  answerTokenRequests(() => reply);
  return failureOf(config);
}

describe('what identity providers answer', () => {
  it.each<[string, Reply, string]>([
    [
      'Keycloak, a wrong secret',
      {
        status: 401,
        body: {
          error: 'unauthorized_client',
          error_description: 'Invalid client or Invalid client credentials',
        },
      },
      'invalid_client',
    ],
    [
      'Keycloak, a client without service account',
      { status: 401, body: { error: 'unauthorized_client', error_description: 'Client not enabled' } },
      'invalid_client',
    ],
    [
      'Keycloak, an unknown scope',
      { status: 400, body: { error: 'invalid_scope', error_description: 'Invalid scopes: nope' } },
      'invalid_scope',
    ],
    ['Keycloak, an unknown realm', { status: 404, body: { error: 'Realm does not exist' } }, 'token_request_rejected'],
    [
      'Entra ID, a wrong secret',
      {
        status: 401,
        body: {
          error: 'invalid_client',
          error_description: 'AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 0\r\nTimestamp: 0',
          error_codes: [7000215],
        },
      },
      'invalid_client',
    ],
    [
      'Entra ID, an unknown client',
      { status: 400, body: { error: 'unauthorized_client', error_description: 'AADSTS700016: Application not found' } },
      'invalid_client',
    ],
    [
      'Entra ID, a scope without /.default',
      { status: 400, body: { error: 'invalid_scope', error_description: 'AADSTS1002012' } },
      'invalid_scope',
    ],
    [
      'SaaS, wrong credentials',
      { status: 401, body: { error: 'access_denied', error_description: 'Unauthorized' } },
      'token_request_rejected',
    ],
    ['SaaS, too many requests', { status: 429, body: 'Too Many Requests', headers: text }, 'token_rate_limited'],
    [
      'a 401 with a challenge, which RFC 6749, 5.2 asks for',
      {
        status: 401,
        body: { error: 'invalid_client' },
        headers: { ...json, 'www-authenticate': 'Basic realm="identity"' },
      },
      'invalid_client',
    ],
    [
      'a 401 with a challenge and nothing else',
      { status: 401, headers: { 'www-authenticate': 'Basic realm="identity"' } },
      'token_request_rejected',
    ],
    ['invalid_client with a 400', { status: 400, body: { error: 'invalid_client' } }, 'invalid_client'],
    [
      'invalid_client as text/plain',
      { status: 400, body: { error: 'invalid_client' }, headers: text },
      'invalid_client',
    ],
    ['invalid_request', { status: 400, body: { error: 'invalid_request' } }, 'token_request_rejected'],
    ['unsupported_grant_type', { status: 400, body: { error: 'unsupported_grant_type' } }, 'token_request_rejected'],
    ['invalid_target', { status: 400, body: { error: 'invalid_target' } }, 'token_request_rejected'],
    ['4xx JSON without error', { status: 422, body: { message: 'no' } }, 'token_request_rejected'],
    ['4xx JSON that is no object', { status: 400, body: 'null' }, 'token_request_rejected'],
    ['an error that is no text', { status: 400, body: { error: ['invalid_client'] } }, 'token_request_rejected'],
    ['a 403 web page', { status: 403, body: '<h1>Forbidden</h1>', headers: html }, 'token_request_rejected'],
    ['an empty 404', { status: 404 }, 'token_request_rejected'],
    ['429 with another error', { status: 429, body: { error: 'invalid_client' } }, 'token_rate_limited'],
    ['a 500', { status: 500, body: { error: 'server_error' } }, 'token_endpoint_unreachable'],
    ['a 502 web page', { status: 502, body: '<h1>Bad Gateway</h1>', headers: html }, 'token_endpoint_unreachable'],
    ['a 503', { status: 503 }, 'token_endpoint_unreachable'],
    ['304', { status: 304, headers: {} }, 'token_response_invalid'],
  ])('%s', async (_, reply, reason) => {
    const failure = await refusalOf(reply);
    expect(failure.reason).toBe(reason);
    expect(failure.message).toContain(`POST http://identity.test/token answered ${reply.status}`);
    expect(`${failure.message}${failure.remedy}`).not.toMatch(/[\r\n]/);
  });

  it('is quoted, error and description first', async () => {
    const { message } = await refusalOf({
      status: 400,
      body: { trace: 'abc', error: 'invalid_scope', error_description: 'Invalid\r\nscopes: nope' },
    });
    expect(message).toContain(': invalid_scope: Invalid scopes: nope');
  });

  it.each<[string, Reply, string]>([
    ['text', { status: 400, body: 'no such\r\nclient', headers: text }, ': no such client'],
    ['a web page', { status: 403, body: '<h1>Forbidden</h1>', headers: html }, ': <h1>Forbidden</h1>'],
    ['JSON without error', { status: 422, body: { message: 'no' } }, ': {"message":"no"}'],
    ['JSON with a description only', { status: 400, body: { error_description: 'no', trace: 1 } }, ': no'],
    ['JSON with an error that is no text', { status: 400, body: { error: 7 } }, ': {"error":7}'],
    ['a long text', { status: 500, body: 'x'.repeat(100_000), headers: text }, `: ${'x'.repeat(200)}…`],
    ['nothing', { status: 404 }, ''],
    ['blanks', { status: 404, body: ' \r\n ' }, ''],
  ])('is quoted from its beginning where it has no error fields: %s', async (_, reply, said) => {
    const { message } = await refusalOf(reply);
    expect(message).toBe(`POST http://identity.test/token answered ${reply.status}${said}`);
  });

  const checkClient = expect.stringContaining('(CAMUNDA_CLIENT_ID, CAMUNDA_CLIENT_SECRET)');
  const checkUrlAndAudience =
    'check oauth2.token_url (CAMUNDA_OAUTH_URL) or oauth2.issuer_url, and oauth2.audience (CAMUNDA_TOKEN_AUDIENCE)';
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
      expect.stringContaining('OAUTH_SCOPE'),
    ],
    ['who else asks after a 429', { status: 429 }, 'let fewer clients ask for tokens from this address'],
    ['the log after a 5xx', { status: 503 }, "see the identity provider's own log"],
    ['the URL after a redirect', { status: 302 }, 'check oauth2.token_url (CAMUNDA_OAUTH_URL) or oauth2.issuer_url'],
  ])('is told with what to check: %s', async (_, reply, remedy) => {
    expect((await refusalOf(reply)).remedy).toEqual(remedy);
  });

  it.each<[string, Reply]>([
    ['https://login.example/?from=token', { status: 302, headers: { location: 'https://login.example/?from=token' } }],
    ['nowhere', { status: 304, headers: {} }],
    ['nowhere', { status: 300 }],
  ])('is told with the place that a redirect names: %s', async (target, reply) => {
    const { message } = await refusalOf(reply);
    expect(message).toBe(
      `POST http://identity.test/token answered ${reply.status} to ${target}; redirects are not followed`,
    );
  });

  it('is told with the scope that was asked for', async () => {
    const { message, remedy } = await refusalOf(
      { status: 400, body: { error: 'invalid_scope' } },
      { scopes: ['a', 'b'] },
    );
    expect(message).toContain('asked for scope "a b"');
    expect(remedy).toContain('oauth2.scopes (CAMUNDA_OAUTH_SCOPE)');
  });

  it('is never quoted where it may hold a token', async () => {
    const { message } = await refusalOf({ status: 201, body: { access_token: 'opaque-token-0815' } });
    expect(message).not.toContain('0815');
  });
});

describe('a successful answer without a token', () => {
  it.each<[string, unknown, string, string]>([
    ['no JSON object', '[]', '', 'oauth2.token_url'],
    ['no access_token', { id_token: 'opaque' }, ': it has no access_token', 'oauth2.token_url'],
    ['a number', { access_token: 7 }, ': it has no access_token', 'oauth2.token_url'],
    [
      'a long one',
      { access_token: '%'.repeat(300_000) },
      ': its access_token has 300000 characters, expected at most 16384',
      'less into the token',
    ],
    [
      'one with a line break',
      { access_token: 'opaque-token\n0815' },
      ': its access_token has a character at position 13 of 17 that is not visible ASCII',
      'a header can carry',
    ],
    [
      'one of another type',
      { access_token: 'opaque-token-0815', token_type: 'MAC' },
      ': its token_type is "MAC", expected Bearer',
      'issue bearer tokens',
    ],
    [
      'one of a type that could be the token',
      { access_token: 'opaque', token_type: `opaque-token-0815-${'x'.repeat(20)}` },
      ': its token_type is not a short text, expected Bearer',
      'issue bearer tokens',
    ],
    [
      'one of a type that is no text',
      { access_token: 'opaque', token_type: ['Bearer'] },
      ': its token_type is not a short text, expected Bearer',
      'issue bearer tokens',
    ],
  ])('is told by what is wrong with it, and never quoted: %s', async (_, body, problem, remedy) => {
    const failure = await refusalOf({ body });
    expect(failure).toEqual({
      reason: 'token_response_invalid',
      message:
        'POST http://identity.test/token answered 200 with content type "application/json", ' +
        `but not with a bearer token${problem}`,
      remedy: expect.stringContaining(remedy),
    });
    expect(JSON.stringify(failure)).not.toContain('0815');
  });

  it.each([
    ['invalid_client', 'invalid_client', 'CAMUNDA_CLIENT_SECRET'],
    ['unauthorized_client', 'invalid_client', 'CAMUNDA_CLIENT_SECRET'],
    ['invalid_scope', 'invalid_scope', 'CAMUNDA_OAUTH_SCOPE'],
    ['access_denied', 'token_request_rejected', 'CAMUNDA_CLIENT_SECRET'],
    ['bad_verification_code', 'token_request_rejected', 'CAMUNDA_TOKEN_AUDIENCE'],
  ])('but with the error %s is told as that error', async (error, reason, remedy) => {
    const failure = await refusalOf({ body: { error, error_description: 'what\r\ncame', access_token: null } });
    expect(failure).toMatchObject({ reason, remedy: expect.stringContaining(remedy) });
    expect(failure.message).toContain(`POST http://identity.test/token answered 200: ${error}: what came`);
  });
});

describe('a token endpoint that does not answer', () => {
  it.each([
    ['ENOTFOUND', 'token_endpoint_unreachable'],
    ['ECONNREFUSED', 'token_endpoint_unreachable'],
    ['CERT_HAS_EXPIRED', 'token_endpoint_unreachable'],
    ['UND_ERR_HEADERS_TIMEOUT', 'token_endpoint_unreachable'],
    ['UND_ERR_RES_EXCEEDED_MAX_SIZE', 'token_response_invalid'],
    ['EMFILE', 'other'],
  ])('%s is %s', async (code, reason) => {
    nock('http://identity.test')
      .post('/token')
      .replyWithError(Object.assign(new Error('what came'), { code }));
    const failure = await failureOf();
    expect(failure).toMatchObject({ reason, message: `POST http://identity.test/token failed: what came (${code})` });
  });

  it('is told what to check by its settings', async () => {
    nock('http://identity.test')
      .post('/token')
      .replyWithError(Object.assign(new Error('gone'), { code: 'ENOTFOUND' }));
    const { remedy } = await failureOf();
    expect(remedy).toContain('(oauth2.token_url or oauth2.issuer_url, CAMUNDA_OAUTH_URL)');
  });
});

describe('over real sockets', () => {
  const at = (tokenUrl: string) => {
    nock.restore();
    onTestFinished(() => nock.activate());
    return failureOf({ endpoint: { tokenUrl: new URL(tokenUrl) } });
  };

  it('an unknown CA is told', async () => {
    const url = await httpsServer(loopbackCertificate, (_, response) => response.end('{}'));
    const { reason, message } = await at(url);
    expect(reason).toBe('token_endpoint_unreachable');
    expect(message).toContain('DEPTH_ZERO_SELF_SIGNED_CERT');
  });

  it('an answer cut short is no answer', async () => {
    const port = await tcpServer((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"access_'));
    expect((await at(`http://127.0.0.1:${port}/`)).reason).toBe('token_endpoint_unreachable');
  });

  it('an endless answer is refused while it arrives', async () => {
    const url = await httpServer((_, response) => {
      const write = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', write);
      write();
    });
    expect((await at(url)).reason).toBe('token_response_invalid');
  });
});

const chunk = Buffer.alloc(1024 * 1024, ' ');
