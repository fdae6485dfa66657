import { createServer, type RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import nock from 'nock';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ClusterConfig, OAuth2Config } from '../../src/config/config.ts';
import {
  type AuthFailureReason,
  authFailureReasons,
  type PollFailureReason,
  pollFailureReasons,
} from '../../src/failure.ts';
import type { PollResult } from '../../src/poll/poll.ts';
import { Secret } from '../../src/secret.ts';
import { jwt } from '../auth/jwt.ts';
import { oauth2Config } from '../auth/oauth2-config.ts';
import { pollOf } from '../auth/poll-of.ts';
import { told } from '../failure-texts.ts';
import { loopbackCertificate } from '../simulator/loopback-certificate.ts';
import { recorded } from '../topologies.ts';
import { closedPort, httpServer, httpsServer, listen, tcpServer } from '../transport/loopback.ts';

/** For servers that never answer; the others have the default of 10 s. */
const pollTimeout = 300;

async function polled(address: string, config: Partial<ClusterConfig> = {}): Promise<PollResult> {
  return pollOf({ address: new URL(address), ...config })();
}

/** One poll of a cluster that answers so. */
async function answering(status: number, body = '', type = 'application/json', headers = {}): Promise<PollResult> {
  return polled(
    await httpServer((_, response) => response.writeHead(status, { 'content-type': type, ...headers }).end(body)),
  );
}

/** One poll of a server that does this to the connection once it has the request. */
async function meeting(end: (socket: Socket) => void): Promise<PollResult> {
  return polled(`http://127.0.0.1:${await tcpServer(end)}/`, { pollTimeout: 10_000 });
}

const healthy: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(recorded('8.6.0-3x3x3-healthy'));
};

const tokenGranted = (accessToken = 'opaque'): RequestListener => {
  const body = JSON.stringify({ access_token: accessToken, token_type: 'Bearer', expires_in: 300 });
  return (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(body);
};

const tokenDenied =
  (status: number, error?: string): RequestListener =>
  (_, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));

const refusing: RequestListener = (_, response) => response.writeHead(401).end();

/** One poll behind OAuth 2. */
async function authenticated(
  identityProvider: RequestListener,
  cluster: RequestListener = healthy,
  config: Partial<OAuth2Config> = {},
): Promise<PollResult> {
  const endpoint = { tokenUrl: new URL(await httpServer(identityProvider)) };
  return polled(await httpServer(cluster), {
    authentication: oauth2Config({ endpoint, ...config }),
    pollTimeout: 10_000,
  });
}

// Real sockets, but where the real thing is hard to have.
nock.restore();

function intercepted(): nock.Scope {
  nock.activate();
  onTestFinished(() => nock.restore());
  return nock('http://odd.test');
}

function reasonOf({ outcome }: PollResult): string {
  return outcome.ok ? 'none' : outcome.failure.reason;
}

const pollsThatFail: Readonly<Record<PollFailureReason, () => Promise<PollResult>>> = {
  auth: () => answering(401),
  // No resolver is asked for a label of more than 63 characters.
  dns: () => polled(`http://${'a'.repeat(64)}.invalid/`),
  connect: async () => polled(`http://127.0.0.1:${await closedPort()}/`),
  tls: async () => polled(await httpsServer(loopbackCertificate, healthy)),
  timeout: async () => polled(await httpServer(() => {}), { pollTimeout }),
  not_found: () => answering(404, '{"title":"Not Found"}', 'application/problem+json'),
  redirect: () => answering(302, '', 'text/html', { location: 'http://127.0.0.1/login' }),
  rate_limited: () => answering(429),
  http_status: () => answering(500),
  content_type: () => answering(200, '<html></html>', 'text/html'),
  too_large: () => answering(200, 'a'.repeat(33 * 1024 * 1024)),
  malformed: () => answering(200, '{"brokers":7}'),
  other: () => {
    intercepted().get('/v1/topology').replyWithError('something odd');
    return polled('http://odd.test/');
  },
};

describe('a poll ends with each reason of the contract', () => {
  it.each(pollFailureReasons)('%s', async (reason) => {
    const { outcome } = await pollsThatFail[reason]();
    expect(!outcome.ok && told(outcome.failure)).toEqual({
      reason,
      message: expect.stringMatching(/^[^\r\n]+$/),
      remedy: expect.stringMatching(/^[^\r\n]+$/),
    });
  });
});

const authenticationsThatFail: Readonly<Record<AuthFailureReason, () => Promise<PollResult>>> = {
  authentication_required: () => answering(401),
  credentials_rejected: async () =>
    polled(await httpServer(refusing), {
      authentication: { method: 'basic', username: 'demo', password: new Secret('wrong') },
    }),
  token_rejected: () => authenticated(tokenGranted(), refusing),
  audience_mismatch: () => authenticated(tokenGranted(jwt({ aud: 'account' })), refusing, { audience: 'zeebe-api' }),
  forbidden: () => answering(403),
  invalid_client: () => authenticated(tokenDenied(401, 'invalid_client')),
  invalid_scope: () => authenticated(tokenDenied(400, 'invalid_scope')),
  token_request_rejected: () => authenticated(tokenDenied(400, 'invalid_request')),
  token_rate_limited: () => authenticated(tokenDenied(429)),
  token_endpoint_unreachable: () => authenticated((_, response) => response.destroy()),
  token_response_invalid: () => authenticated((_, response) => response.writeHead(302, { location: '/' }).end()),
  other: () => {
    intercepted().post('/token').replyWithError('something odd');
    return polled('http://127.0.0.1/', {
      authentication: oauth2Config({ endpoint: { tokenUrl: new URL('http://odd.test/token') } }),
    });
  },
};

describe('authentication fails with each reason of the contract, and the poll with auth', () => {
  it.each(authFailureReasons)('%s', async (reason) => {
    const { outcome, authentication } = await authenticationsThatFail[reason]();
    expect(authentication).toMatchObject({ up: false, failure: { reason } });
    const message = authentication.failure && told(authentication.failure).message;
    expect(!outcome.ok && told(outcome.failure)).toMatchObject({ reason: 'auth', message });
  });
});

describe('connect is', () => {
  it.each<[string, (socket: Socket) => void]>([
    ['a connection closed without an answer', (socket) => socket.end()],
    ['a connection reset', (socket) => socket.resetAndDestroy()],
    ['an answer cut short', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"brokers":')],
    [
      'a chunked answer cut short',
      (socket) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{'),
    ],
    ['something that is not HTTP', (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')],
    ['a broken answer', (socket) => socket.end('HTTP/1.1 two hundred\r\n\r\n')],
    ['TLS where none is expected', (socket) => socket.end(Buffer.from([0x15, 3, 3, 0, 2, 2, 40]))],
  ])('%s', async (_, end) => {
    expect(reasonOf(await meeting(end))).toBe('connect');
  });

  it('a proxy that refuses CONNECT', async () => {
    const proxy = createServer().on('connect', (_, socket: Socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'));
    const proxyUrl = new Secret(`http://127.0.0.1:${await listen(proxy)}`);
    const transport = { proxyUrl, tls: { insecureSkipVerify: false }, enableHttp2: false };
    expect(reasonOf(await polled('https://127.0.0.1/', { transport }))).toBe('connect');
  });
});

describe('the deadline', () => {
  const halfAnAnswer: RequestListener = (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{"brokers":');
  };

  it('is the cluster’s where its answer does not end', async () => {
    expect(reasonOf(await polled(await httpServer(halfAnAnswer), { pollTimeout }))).toBe('timeout');
  });

  it('is the cluster’s where the token was there in time', async () => {
    const endpoint = { tokenUrl: new URL(await httpServer(tokenGranted())) };
    const authentication = oauth2Config({ endpoint });
    const { outcome, authentication: result } = await polled(await httpServer(() => {}), {
      authentication,
      pollTimeout: 2_000,
    });
    expect(outcome).toMatchObject({ failure: { reason: 'timeout' } });
    expect(result.failure).toBeUndefined();
  });

  it.each<[string, RequestListener]>([
    ['says nothing', () => {}],
    ['never ends its answer', halfAnAnswer],
  ])('is the token endpoint’s where that %s', async (_, identityProvider) => {
    const asked: unknown[] = [];
    const address = await httpServer((request, response) => {
      asked.push(request.url);
      response.end();
    });
    const endpoint = { tokenUrl: new URL(await httpServer(identityProvider)) };
    const { outcome, authentication } = await polled(address, {
      authentication: oauth2Config({ endpoint }),
      pollTimeout,
    });
    expect(outcome).toMatchObject({ failure: { reason: 'auth' } });
    expect(authentication).toMatchObject({ up: false, failure: { reason: 'token_endpoint_unreachable' } });
    expect(asked).toEqual([]);
  });

  it('names the setting that moves it', async () => {
    const { outcome } = await polled(await httpServer(() => {}), { pollTimeout });
    expect(!outcome.ok && told(outcome.failure)).toMatchObject({
      message: expect.stringContaining('no whole answer within 0.3 s'),
      remedy: expect.stringContaining('poll_timeout'),
    });
  });
});

it('succeeds with each method of authentication', async () => {
  const password = new Secret('demo');
  const polls = [
    await polled(await httpServer(healthy)),
    await polled(await httpServer(healthy), { authentication: { method: 'basic', username: 'demo', password } }),
    await authenticated(tokenGranted()),
  ];
  expect(polls.map(({ outcome }) => outcome.ok)).toEqual([true, true, true]);
  expect(polls.map(({ authentication }) => authentication.up)).toEqual([true, true, true]);
});
