import nock from 'nock';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { loopbackCertificate } from '../simulator/loopback-certificate.ts';
import { httpServer, httpsServer, tcpServer } from '../transport/loopback.ts';
import { html, json, type Reply, text } from './identity-provider.ts';
import { failureOf, refusalOf } from './refusals.ts';

beforeAll(() => nock.disableNetConnect());
afterEach(() => nock.cleanAll());
afterAll(() => nock.restore());

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
    expect(remedy).toContain('check oauth2.scopes');
  });

  it('is never quoted where it may hold a token', async () => {
    const { message } = await refusalOf({ status: 201, body: { access_token: 'opaque-token-0815' } });
    expect(message).not.toContain('0815');
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
