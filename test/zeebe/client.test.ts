import nock from 'nock';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { ApiVersion } from '../../src/config/config.ts';
import { Secret } from '../../src/secret.ts';
import { createDispatcher } from '../../src/transport/dispatcher.ts';
import type { Answer, Reply } from '../../src/transport/reply.ts';
import { version } from '../../src/version.ts';
import { type Client, type ClientOptions, createClient, createReader, readAnswer } from '../../src/zeebe/client.ts';
import { atOnce } from '../at-once.ts';
import { neverAborted } from '../auth/asking.ts';
import { answered } from '../auth/sending.ts';
import { told } from '../failure-texts.ts';
import { everyStepTakesLong } from '../slow-steps.ts';
import { recorded, topologyOf } from '../topologies.ts';

beforeAll(() => nock.disableNetConnect());
afterEach(() => nock.cleanAll());
afterAll(() => nock.restore());

const json = { 'content-type': 'application/json' };
const healthy = recorded('8.6.0-3x3x3-healthy');

function clientOf(address: string, options: Partial<ClientOptions> = {}): Client {
  const dispatcher = createDispatcher({ tls: { insecureSkipVerify: false }, enableHttp2: false }, 60_000);
  onTestFinished(() => dispatcher.destroy());
  return createClient({ address: new URL(address), apiVersion: 'v1', headers: {}, dispatcher, ...options });
}

/** Answers requests to `http://cluster.test`, and records their paths and headers. */
function cluster(reply: (path: string) => number | readonly [number, string, Record<string, string>]) {
  const paths: string[] = [];
  const headers: Headers[] = [];
  nock('http://cluster.test')
    .persist()
    .get(/.*/)
    .reply((request: Request) => {
      const { pathname } = new URL(request.url);
      paths.push(pathname);
      headers.push(request.headers);
      const answer = reply(pathname);
      return typeof answer === 'number' ? [answer] : answer;
    });
  return { paths, headers };
}

const takesAll = () => [200, healthy, json] as const;

function statusOf(reply: Reply): number | string {
  return reply.kind === 'answer' ? reply.status : reply.problem.reason;
}

describe('a topology request', () => {
  it.each([
    ['http://cluster.test/', '/v1/topology'],
    ['http://cluster.test:80/', '/v1/topology'],
    ['http://cluster.test/0f4a-bc/', '/0f4a-bc/v1/topology'],
    ['http://cluster.test/a/b%20c/', '/a/b%20c/v1/topology'],
  ])('for the address %s is sent to %s', async (address, path) => {
    const { paths } = cluster(takesAll);
    await clientOf(address)({}, neverAborted);
    expect(paths).toEqual([path]);
  });

  it('for an address with port 443 is sent to the same URL as without', async () => {
    nock('https://bru-2.zeebe.camunda.io').get('/0f4a/v1/topology').reply(200, healthy, json);
    const sent = await clientOf('https://bru-2.zeebe.camunda.io:443/0f4a/')({}, neverAborted);
    expect(statusOf(sent)).toBe(200);
  });

  it('has the headers Accept and User-Agent', async () => {
    const { headers } = cluster(takesAll);
    await clientOf('http://cluster.test/')({}, neverAborted);
    expect(headers[0]?.get('accept')).toBe('application/json');
    expect(headers[0]?.get('user-agent')).toBe(`zeebe-topology-exporter/${version}`);
  });

  it('has the configured headers, over which those of the authentication have precedence', async () => {
    const { headers } = cluster(takesAll);
    const configured = { 'x-tenant': new Secret('camunda'), authorization: new Secret('configured') };
    await clientOf('http://cluster.test/', { headers: configured })({ authorization: 'Bearer token' }, neverAborted);
    expect(headers[0]?.get('x-tenant')).toBe('camunda');
    expect(headers[0]?.get('authorization')).toBe('Bearer token');
  });

  it('does not follow redirects', async () => {
    const { paths } = cluster(() => [302, '', { location: 'http://cluster.test/elsewhere' }]);
    const sent = await clientOf('http://cluster.test/')({ authorization: 'Bearer token' }, neverAborted);
    expect(statusOf(sent)).toBe(302);
    expect(paths).toEqual(['/v1/topology']);
  });

  it('with an invalid header fails without showing its value', async () => {
    const sent = await clientOf('http://cluster.test/')({ authorization: 'Bearer hunter2\n' }, neverAborted);
    expect(statusOf(sent)).toBe('other');
    expect(JSON.stringify(sent)).not.toContain('hunter2');
  });

  it('is aborted at its deadline', async () => {
    nock('http://cluster.test')
      .get('/v1/topology')
      .reply(() => new Promise(() => {}));
    const deadline = new AbortController();
    const sent = clientOf('http://cluster.test/')({}, deadline.signal);
    deadline.abort(new DOMException('no whole answer within 10 s', 'TimeoutError'));
    const read = await createReader().read(await sent);
    expect(!read.ok && told(read.failure)).toMatchObject({
      reason: 'timeout',
      message: 'GET http://cluster.test/v1/topology failed: no whole answer within 10 s',
    });
  });
});

describe('api_version', () => {
  it.each<[ApiVersion, readonly string[]]>([
    ['v1', ['/v1/topology']],
    ['v2', ['/v2/topology']],
    ['auto', ['/v1/topology', '/v2/topology']],
  ])('%s requests %j if each returns 404', async (apiVersion, expected) => {
    const { paths } = cluster(() => 404);
    const sent = await clientOf('http://cluster.test/', { apiVersion })({}, neverAborted);
    expect(paths).toEqual(expected);
    expect(statusOf(sent)).toBe(404);
  });

  it('auto requests only v1 if it exists', async () => {
    const { paths } = cluster(takesAll);
    await clientOf('http://cluster.test/', { apiVersion: 'auto' })({}, neverAborted);
    expect(paths).toEqual(['/v1/topology']);
  });

  it.each([302, 401, 403, 429, 500, 503])('auto does not try v2 after a %i', async (status) => {
    const { paths } = cluster(() => status);
    const sent = await clientOf('http://cluster.test/', { apiVersion: 'auto' })({}, neverAborted);
    expect(statusOf(sent)).toBe(status);
    expect(paths).toEqual(['/v1/topology']);
  });

  it('auto remembers the version found, and detects it again after a 404', async () => {
    let served = '/v2/topology';
    const { paths } = cluster((path) => (path === served ? takesAll() : 404));
    const client = clientOf('http://cluster.test/', { apiVersion: 'auto' });
    expect(statusOf(await client({}, neverAborted))).toBe(200);
    expect(statusOf(await client({}, neverAborted))).toBe(200);
    served = '/v1/topology';
    expect(statusOf(await client({}, neverAborted))).toBe(200);
    expect(paths).toEqual(['/v1/topology', '/v2/topology', '/v2/topology', '/v2/topology', '/v1/topology']);
  });

  it('auto reports the status of v1 if v2 fails without a response', async () => {
    nock('http://cluster.test').get('/v1/topology').reply(404);
    nock('http://cluster.test').get('/v2/topology').replyWithError('gone');
    const sent = await clientOf('http://cluster.test/', { apiVersion: 'auto' })({}, neverAborted);
    expect(sent).toMatchObject({ kind: 'no_answer', status: 404 });
  });

  it('auto authenticates both requests', async () => {
    const { headers } = cluster((path) => (path === '/v2/topology' ? takesAll() : 404));
    const client = clientOf('http://cluster.test/', { apiVersion: 'auto' });
    await client({ authorization: 'Bearer token' }, neverAborted);
    expect(headers.map((each) => each.get('authorization'))).toEqual(['Bearer token', 'Bearer token']);
  });
});

describe('a request of all physical tenants', () => {
  it.each<ApiVersion>(['v1', 'v2', 'auto'])('has one path, whatever the version: %s', async (apiVersion) => {
    const { paths } = cluster(() => 404);
    const sent = await clientOf('http://cluster.test/zeebe/', { apiVersion, physicalTenants: 'all' })({}, neverAborted);
    expect(paths).toEqual(['/zeebe/cluster/v2/topology']);
    expect(statusOf(sent)).toBe(404);
  });

  it('does not take the topology of one tenant for an answer', async () => {
    const { read } = createReader('all');
    const answer = await read(answered(200, { contentType: 'application/json', body: healthy }));
    expect(!answer.ok && told(answer.failure)).toMatchObject({
      reason: 'malformed',
      message: expect.stringContaining('expected the topology of all physical tenants'),
    });
  });
});

describe('successive answers', () => {
  const answer = (change: Partial<Answer> = {}): Answer =>
    answered(200, { contentType: 'application/json', body: healthy, ...change });

  it('are read as the same topology object while their text is the same', async () => {
    const { read } = createReader();
    const first = await read(answer());
    expect(await read(answer())).toBe(first);
    const changed = await read(
      answer({ body: healthy.replace('"LEADER"', '"FOLLOWER"').replace('"leader"', '"follower"') }),
    );
    expect(changed).toMatchObject({ ok: true });
    expect(changed).not.toEqual(first);
    expect(await read(answer())).toEqual(first);
  });

  it('are parsed again after forget(), and if they are larger than 2 MiB', async () => {
    const { read, forget } = createReader();
    const first = await read(answer());
    forget();
    expect(await read(answer())).not.toBe(first);
    const padded = (length: number) => answer({ body: healthy.padEnd(length) });
    const kept = 2 * 1024 * 1024;
    expect(await read(padded(kept))).toBe(await read(padded(kept)));
    expect(await read(padded(kept + 1))).not.toBe(await read(padded(kept + 1)));
  });

  it.each([
    ['as a web page', { contentType: 'text/html' }],
    ['in bytes that are not UTF-8', { isUtf8: false }],
    ['as an error', { status: 500 }],
  ])('are checked again if the same text arrives %s', async (_how, change) => {
    const { read } = createReader();
    expect(await read(answer())).toMatchObject({ ok: true });
    expect(await read(answer(change))).toMatchObject({ ok: false });
  });
});

describe('a long answer', () => {
  it('is read in parts, between which other work runs', async () => {
    everyStepTakesLong();
    const brokers = Array.from({ length: 20 }, (_, nodeId) => ({ nodeId, partitions: [] }));
    let turns = 0;
    let isRead = false;
    const takeTurn = () => {
      turns++;
      if (!isRead) setImmediate(takeTurn);
    };
    setImmediate(takeTurn);
    const body = JSON.stringify({ brokers });
    const read = await createReader().read(answered(200, { contentType: 'application/json', body }));
    isRead = true;
    expect(read).toMatchObject({ ok: true });
    expect(turns).toBeGreaterThanOrEqual(brokers.length);
  });
});

describe('an answer', () => {
  function read(status: number, answer: Partial<Answer> = {}) {
    const result = atOnce(readAnswer(answered(status, { contentType: 'application/json', body: healthy, ...answer })));
    return result.ok ? { reason: 'none', message: '', remedy: '', ...result } : told(result.failure);
  }

  it('with status 200 is read as a topology', () => {
    expect(read(200)).toMatchObject({ topology: topologyOf(healthy) });
  });

  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'APPLICATION/JSON;charset=UTF-8',
    'application/json ;charset=utf-8',
    'application/vnd.camunda.api.keys.string+json',
  ])('is read with the content type %s', (contentType) => {
    expect(read(200, { contentType }).reason).toBe('none');
  });

  it.each([
    '',
    'text/html',
    'text/plain; application/json',
    'text/json',
    'application/jsonp',
    'application/xml',
  ])('is rejected with the content type %j', (contentType) => {
    const { reason, message } = read(200, { contentType });
    expect(reason).toBe('content_type');
    expect(message).toContain(`content type ${JSON.stringify(contentType)}, expected application/json`);
  });

  it('is quoted with the title and the detail of problem details', () => {
    const body = '{"title":"RESOURCE_EXHAUSTED","status":503,"detail":"Too many requests of hunter2","instance":"/v1"}';
    const masked = (text: string) => text.replaceAll('hunter2', '<secret>');
    expect(read(503, { contentType: 'application/problem+json', body, masked }).message).toMatch(
      / answered 503: RESOURCE_EXHAUSTED: Too many requests of <secret>$/,
    );
  });

  it.each<[number, string, string]>([
    [201, '', 'http_status'],
    [204, '', 'http_status'],
    [300, '', 'redirect'],
    [301, '', 'redirect'],
    [304, '', 'redirect'],
    [308, '', 'redirect'],
    [400, '', 'http_status'],
    [404, '', 'not_found'],
    [405, '', 'http_status'],
    [429, '', 'rate_limited'],
    [500, '', 'http_status'],
    [500, '{"title":"RESOURCE_EXHAUSTED"}', 'http_status'],
    [503, '', 'http_status'],
    [503, '{"title":"UNAVAILABLE"}', 'http_status'],
    [503, '{"title":"RESOURCE_EXHAUSTED"}', 'rate_limited'],
  ])('with status %i and body %j has the reason %s', (status, body, reason) => {
    expect(read(status, { body, contentType: '' })).toMatchObject({
      reason,
      message: expect.stringContaining(`GET http://cluster.test/v1/topology answered ${status}`),
    });
  });

  it('that redirects is reported with its Location', () => {
    const { message, remedy } = read(302, { location: 'https://login.example/\r\n?a=b' });
    expect(message).toContain('answered 302 to https://login.example/ ?a=b; redirects are not followed');
    expect(remedy).toContain('check the host and the path in address');
    expect(read(302).message).toContain('to nowhere');
  });

  it('with an error status is quoted in one short line', () => {
    const body = `<html>\r\n<h1>502</h1>${'x'.repeat(1_000)}`;
    expect(read(502, { body }).message).toMatch(/answered 502, expected 200: <html> <h1>502<\/h1>x{1,200}…$/);
  });

  it('that is not a topology is reported with the problem found', () => {
    expect(read(200, { body: '{"brokers":"many"}' })).toMatchObject({
      reason: 'malformed',
      message: expect.stringContaining('but not a topology: brokers: expected a list, got "many"'),
    });
    expect(read(200, { body: '' }).reason).toBe('malformed');
  });
});

describe('an answer that quotes the credentials of the request', () => {
  const token = 'hunter2-hunter2-hunter2-hunter2-hunter2-hunter2-hunter2-hunter2-hunter2';

  it.each<[string, number, string, Record<string, string>]>([
    ['in an error', 500, `Authorization: Bearer ${token}`, {}],
    ['in its Location', 302, '', { location: `/login?token=${token}` }],
    ['in its content type', 200, '', { 'content-type': `text/plain; token=${token}` }],
    ['in a malformed topology', 200, `{"brokers":"${token}"}`, json],
    ['in a text instead of a number', 200, `{"clusterSize":"Bearer ${token}"}`, json],
  ])('%s is reported without them', async (_, status, body, headers) => {
    cluster(() => [status, body, headers]);
    const sent = await clientOf('http://cluster.test/')({ authorization: `Bearer ${token}` }, neverAborted);
    if (sent.kind !== 'answer') throw new Error('expected an answer');
    const result = atOnce(readAnswer(sent));
    if (result.ok) throw new Error('expected a failure');
    expect(told(result.failure).message).toContain('<secret>');
    expect(JSON.stringify([result, told(result.failure)])).not.toContain('hunter2');
  });

  it('in a valid topology is not changed', async () => {
    cluster(takesAll);
    const headers = { 'x-host': new Secret('127.0.0.1') };
    const sent = await clientOf('http://cluster.test/', { headers })({}, neverAborted);
    if (sent.kind !== 'answer') throw new Error('expected an answer');
    expect(atOnce(readAnswer(sent))).toEqual({ ok: true, topology: topologyOf(healthy) });
  });
});

describe('a cluster that returns 404 for both API versions', () => {
  it('is asked for v1 first at the next poll', async () => {
    const { paths } = cluster(() => 404);
    const client = clientOf('http://cluster.test/', { apiVersion: 'auto' });
    await client({}, neverAborted);
    await client({}, neverAborted);
    expect(paths).toEqual(['/v1/topology', '/v2/topology', '/v1/topology', '/v2/topology']);
  });
});

describe('a large response body', () => {
  const bodyOf = async (status: number) => {
    cluster(() => [status, 'x'.repeat(1_000_000), json]);
    const sent = await clientOf('http://cluster.test/')({}, neverAborted);
    return sent.kind === 'answer' ? sent.body.length : 0;
  };

  it('is read completely with status 200', async () => {
    expect(await bodyOf(200)).toBe(1_000_000);
  });

  it.each([201, 401, 404, 500])('is read up to 64 KiB with status %i', async (status) => {
    expect(await bodyOf(status)).toBeLessThanOrEqual(64 * 1024);
  });
});
