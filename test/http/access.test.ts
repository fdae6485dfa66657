import { hash } from 'bcrypt';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { basicCredentials } from '../../src/http/access.ts';
import { serve } from './serving.ts';

const users = [`basic_auth_users: { alice: ${await hash('pass:wörd', 4)} }`];
const alice = 'alice:pass:wörd';

describe('a door with a password', () => {
  it('lets in who knows it', async () => {
    const { get } = await serve(users);
    expect(await get({ auth: alice, path: '/metrics' })).toMatchObject({ status: 200, body: 'GET /metrics' });
    expect((await get({ auth: alice, path: '/-/reload', method: 'POST' })).body).toBe('POST /-/reload');
  });

  it.each([
    ['no password', {}],
    ['a wrong one', { auth: 'alice:password' }],
    ['an unknown user', { auth: 'bob:pass:wörd' }],
    ['another scheme', { headers: { authorization: 'Bearer abc' } }],
    ['no base64', { headers: { authorization: 'Basic %%%' } }],
    ['no colon', { headers: { authorization: 'Basic YWxpY2U=' } }],
    ['an empty header', { headers: { authorization: '' } }],
  ])('asks for it: %s', async (_what, asked) => {
    const { get } = await serve(users);
    const { status, headers, body } = await get({ path: '/metrics', ...asked });
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toBe('Basic realm="zeebe-topology-exporter", charset="UTF-8"');
    expect(body).not.toContain('/metrics');
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
  ])('is closed at %s', async (path) => {
    const { get } = await serve(users);
    expect((await get({ path })).status).toBe(401);
  });

  it.each(['/-/healthy', '/-/ready', '/-/ready?verbose'])('is open at %s', async (path) => {
    const { get } = await serve(users);
    expect(await get({ path })).toMatchObject({ status: 200, body: `GET ${path}` });
    expect((await get({ path, auth: 'alice:wrong' })).status).toBe(200);
  });

  it('answers the right one at once while a flood of wrong ones waits', async () => {
    // Each comparison takes a core some tenths of a second.
    const { get } = await serve([`basic_auth_users: { alice: ${await hash('secret', 12)} }`]);
    expect((await get({ auth: 'alice:secret' })).status).toBe(200);
    const order: number[] = [];
    const note = async (asked: ReturnType<typeof get>) => order.push((await asked).status);
    const flood = Array.from({ length: 30 }, (_, index) => note(get({ auth: `alice:${index}` })));
    await note(get({ auth: 'alice:secret' }));
    await Promise.all(flood);
    const count = (status: number) => order.filter((each) => each === status).length;
    expect({ right: count(200), wrong: count(401), refused: count(429) }).toEqual({ right: 1, wrong: 4, refused: 26 });
    expect(order.indexOf(200)).toBeLessThan(order.lastIndexOf(401));
  });

  it('answers the right one in turn while another address floods it', async () => {
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

describe('a body', () => {
  it.each([
    ['of a known length', { 'content-length': '5' }],
    ['in chunks', { 'transfer-encoding': 'chunked' }],
    ['that waits to be asked for', { 'content-length': '5', expect: '100-continue' }],
  ])('%s is refused, and the connection closed', async (_what, headers) => {
    const { get } = await serve(['']);
    const answer = await get({ method: 'POST', path: '/-/reload', headers, body: 'hello' });
    expect(answer).toMatchObject({ status: 413, headers: { connection: 'close' } });
  });

  it('of no length is none', async () => {
    const { get } = await serve(['']);
    expect((await get({ method: 'POST', path: '/-/reload', headers: { 'content-length': '0' } })).status).toBe(200);
  });
});

describe('credentials', () => {
  it('are found as RFC 7617 encodes them, whatever bytes the password has', () => {
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

  it('are looked for in any header', () => {
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
