import { hash } from 'bcrypt';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { basicCredentials } from '../../src/http/access.ts';
import { serve } from './serving.ts';

const users = [`basic_auth_users: { alice: ${await hash('pass:wörd', 4)} }`];
const alice = 'alice:pass:wörd';

describe('HTTP Basic authentication', () => {
  it('accepts the right password on every path', async () => {
    const { get } = await serve(users);
    expect(await get({ auth: alice, path: '/metrics' })).toMatchObject({ status: 200, body: 'GET /metrics' });
    expect((await get({ auth: alice, path: '/-/reload', method: 'POST' })).body).toBe('POST /-/reload');
  });

  it.each([
    ['no password', {}],
    ['a wrong password', { auth: 'alice:password' }],
    ['an unknown user', { auth: 'bob:pass:wörd' }],
    ['another scheme', { headers: { authorization: 'Bearer abc' } }],
    ['credentials that are not Base64', { headers: { authorization: 'Basic %%%' } }],
    ['credentials without a colon', { headers: { authorization: 'Basic YWxpY2U=' } }],
    ['an empty Authorization header', { headers: { authorization: '' } }],
  ])('responds with 401 to a request with %s', async (_what, asked) => {
    const { get } = await serve(users);
    const { status, headers, body } = await get({ path: '/metrics', ...asked });
    expect([status, body]).toEqual([401, 'authentication required\n']);
    expect(headers['www-authenticate']).toBe('Basic realm="zeebe-topology-exporter", charset="UTF-8"');
  });

  it.each([
    '/metrics',
    '/',
    '/-/reload',
    '/-/healthy/',
    '/-/HEALTHY',
    '//-/healthy',
    '/-/healthy/../reload',
    '/-/healthy%2f..%2f..%2fmetrics',
    '/metrics?/-/healthy',
    '/-/healthy;/metrics',
    'http://exporter/-/healthy',
    '*',
  ])('is required for the path %s', async (path) => {
    const { get } = await serve(users);
    expect((await get({ path })).status).toBe(401);
  });

  it.each(['/-/healthy', '/-/ready', '/-/ready?verbose'])('is not required for %s', async (path) => {
    const { get } = await serve(users);
    expect(await get({ path })).toMatchObject({ status: 200, body: `GET ${path}` });
    expect((await get({ path, auth: 'alice:wrong' })).status).toBe(200);
  });

  it('accepts a password that was right before while wrong passwords wait to be verified', async () => {
    // Each verification takes some tenths of a second.
    const { get } = await serve([`basic_auth_users: { alice: ${await hash('secret', 12)} }`]);
    expect((await get({ auth: 'alice:secret' })).status).toBe(200);
    const order: number[] = [];
    const note = async (asked: ReturnType<typeof get>) => order.push((await asked).status);
    const flood = Array.from({ length: 30 }, (_, index) => note(get({ auth: `alice:${index}` })));
    await note(get({ auth: 'alice:secret' }));
    await Promise.all(flood);
    const count = (status: number) => order.filter((each) => each === status).length;
    expect({ ok: count(200), denied: count(401), throttled: count(429) }).toEqual({ ok: 1, denied: 4, throttled: 26 });
    expect(order.indexOf(200)).toBeLessThan(order.lastIndexOf(401));
  });

  it('verifies the right password while another address sends many wrong ones', async () => {
    const { get } = await serve([`basic_auth_users: { alice: ${await hash('secret', 10)} }`]);
    let isOver = false;
    const flood = Array.from({ length: 20 }, async (_, index) => {
      for (let attempt = 0; !isOver; attempt++) await get({ auth: `alice:${index}-${attempt}` });
    });
    const answer = await get({ auth: 'alice:secret', options: { localAddress: '127.0.0.2' } });
    isOver = true;
    expect(answer.status).toBe(200);
    await Promise.all(flood);
  });
});

describe('a request body', () => {
  it.each([
    ['of a known length', { 'content-length': '5' }],
    ['in chunks', { 'transfer-encoding': 'chunked' }],
    ['announced by Expect: 100-continue', { 'content-length': '5', expect: '100-continue' }],
  ])('%s is rejected with 413, and the connection is closed', async (_what, headers) => {
    const { get } = await serve(['']);
    const answer = await get({ method: 'POST', path: '/-/reload', headers, body: 'hello' });
    expect(answer).toMatchObject({ status: 413, headers: { connection: 'close' } });
  });

  it('of length 0 is accepted', async () => {
    const { get } = await serve(['']);
    expect((await get({ method: 'POST', path: '/-/reload', headers: { 'content-length': '0' } })).status).toBe(200);
  });
});

describe('credentials of HTTP Basic authentication', () => {
  it('are decoded as in RFC 7617, with any bytes in the password', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.uint8Array(), (name, bytes) => {
        const username = name.replaceAll(':', '');
        const encoded = Buffer.concat([Buffer.from(`${username}:`), bytes]).toString('base64');
        const found = basicCredentials(`basic ${encoded}`);
        expect(found?.username).toBe(username);
        expect(found?.password.equals(bytes)).toBe(true);
      }),
    );
  });

  it('have a user name without a colon, for any header', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const header of [text, `Basic ${text}`]) {
          const found = basicCredentials(header);
          if (found) expect(found.username).not.toContain(':');
        }
      }),
    );
  });
});
