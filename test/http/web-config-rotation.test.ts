import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { hash } from 'bcrypt';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ConfigError } from '../../src/config/problem.ts';
import { createWebConfigWatcher } from '../../src/config/web-config-watcher.ts';
import { ca, client, otherCa, renewed, server, stranger } from '../config/web-config-fixtures.ts';
import { manualClock } from '../manual-clock.ts';
import { memoryLog } from '../memory-log.ts';
import { loadedWebConfig, serve, tls, webFolder } from './serving.ts';

const of2119 = Date.UTC(2119, 0, 1);
const ofHalfAYearLater = Date.UTC(2119, 5, 1);

/** Levels of pino. */
const error = 50;

async function fillVersion(folder: string, version: string, { cert, key }: typeof server): Promise<void> {
  await mkdir(join(folder, version));
  await writeFile(join(folder, version, 'tls.crt'), cert);
  await writeFile(join(folder, version, 'tls.key'), key);
}

async function mountSecret(folder: string): Promise<void> {
  await fillVersion(folder, 'first', server);
  await symlink('first', join(folder, 'current'));
}

/** Returns a TLS session that the client can resume. */
function sessionOf(port: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', ca, ...client });
    socket.on('error', reject);
    socket.once('session', (session) => {
      socket.destroy();
      resolve(session);
    });
  });
}

async function serialOf(answer: Promise<{ readonly tls?: { readonly serialNumber: string } }>): Promise<string> {
  return (await answer).tls?.serialNumber ?? '';
}

describe('the web configuration at the start', () => {
  it('is rejected with all its problems', async () => {
    const { path } = await webFolder(['tls_server_config: { cert_file: gone }', 'basic_auth_users: { a: b }']);
    await expect(loadedWebConfig(path)).rejects.toThrow(ConfigError);
    await expect(loadedWebConfig(path)).rejects.toThrow(/gone[\s\S]*key_file[\s\S]*bcrypt/);
  });

  it('a change since the web configuration was loaded is found by the first request', async () => {
    const { path, write } = await webFolder(['http_server_config: { headers: { X-Frame-Options: deny } }']);
    const loaded = await loadedWebConfig(path);
    await write('web.yml', 'http_server_config: { headers: { X-Frame-Options: sameorigin } }');
    const clock = manualClock();
    const web = createWebConfigWatcher(loaded, { logger: memoryLog().logger, clock });
    expect(web.current().headers).toEqual({ 'X-Frame-Options': 'deny' });
    clock.advance(1_000);
    expect((await web.refreshed()).headers).toEqual({ 'X-Frame-Options': 'sameorigin' });
  });

  it('reports the earliest expiry in the certificate chain', async () => {
    const { told } = await serve(tls, {
      files: { 'server.crt': renewed.cert + ca + server.cert, 'server.key': renewed.key },
    });
    expect(told).toEqual([{ succeeded: true, expiry: of2119 }]);
  });
});

describe('a renewed server certificate', () => {
  it('is presented to the next connection', async () => {
    const { get, write, aSecondLater, told, lines } = await serve(tls);
    const before = await serialOf(get());
    await write('server.crt', renewed.cert);
    await write('server.key', renewed.key);
    aSecondLater();
    expect(await serialOf(get())).not.toBe(before);
    expect(told.at(-1)).toEqual({ succeeded: true, expiry: ofHalfAYearLater });
    expect(lines.map(({ msg }) => msg)).toEqual(['the web configuration has changed']);
  });

  it('is found if Kubernetes swaps a symbolic link', async () => {
    const { folder, get, aSecondLater } = await serve(
      ['tls_server_config: { cert_file: current/tls.crt, key_file: current/tls.key }'],
      { prepare: mountSecret },
    );
    const before = await serialOf(get());
    await fillVersion(folder, 'second', renewed);
    await symlink('second', join(folder, 'next'));
    await rename(join(folder, 'next'), join(folder, 'current'));
    aSecondLater();
    expect(await serialOf(get())).not.toBe(before);
  });

  it('is found in other files, which the web configuration has not named before', async () => {
    const { get, write, aSecondLater, lines } = await serve(tls);
    const before = await serialOf(get());
    await write('renewed.crt', renewed.cert);
    await write('renewed.key', renewed.key);
    await write('web.yml', 'tls_server_config: { cert_file: renewed.crt, key_file: renewed.key }');
    aSecondLater();
    expect(await serialOf(get())).not.toBe(before);
    await write('renewed.crt', 'half a certif');
    aSecondLater();
    await get();
    expect(lines.map(({ msg }) => msg)).toEqual([
      'the web configuration has changed',
      expect.stringContaining('expected a file with PEM certificates'),
    ]);
  });

  it('is looked for once a second, not at every request', async () => {
    const { get, write } = await serve(tls);
    const before = await serialOf(get());
    await write('server.crt', renewed.cert);
    await write('server.key', renewed.key);
    expect(await serialOf(get())).toBe(before);
  });

  it('closes connections with the old certificate after their next response', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const { get, write, aSecondLater } = await serve(tls);
    const connection = async () => (await get({ options: { agent } })).headers.connection;
    expect([await connection(), await connection()]).toEqual(['keep-alive', 'keep-alive']);
    await write('server.crt', renewed.cert);
    await write('server.key', renewed.key);
    aSecondLater();
    // The first request after the change discovers it, the response to the next one closes the connection.
    await connection();
    expect(await connection()).toBe('close');
    expect(await connection()).toBe('keep-alive');
  });
});

describe('an unusable change of the web configuration', () => {
  it.each([
    ['half a certificate', { 'server.crt': server.cert.slice(0, 300) }, /expected a file with PEM certificates/],
    ['the certificate without its key', { 'server.crt': renewed.cert }, /the key of the certificate/],
    ['half a web configuration', { 'web.yml': 'tls_server_config:\n  cert_fi' }, /web\.yml:1/],
    ['an empty web configuration', { 'web.yml': '' }, /tls_server_config: expected some, as at the start/],
  ])('keeps the last good one in use and logs one error: %s', async (_what, files, message) => {
    const { get, write, aSecondLater, told, lines } = await serve(tls);
    const before = await serialOf(get());
    for (const [name, content] of Object.entries(files)) await write(name, content);
    for (let times = 0; times < 3; times++) {
      aSecondLater();
      expect(await serialOf(get())).toBe(before);
    }
    expect(told.slice(1)).toEqual([{ succeeded: false, expiry: of2119 }]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ level: error, msg: expect.stringMatching(message) });
  });

  it('is superseded by the next usable one', async () => {
    const { folder, get, write, aSecondLater, told, lines } = await serve(tls);
    const before = await serialOf(get());
    await rm(join(folder, 'server.key'));
    aSecondLater();
    expect(await serialOf(get())).toBe(before);
    await write('server.crt', renewed.cert);
    await write('server.key', renewed.key);
    aSecondLater();
    expect(await serialOf(get())).not.toBe(before);
    expect(told.map(({ succeeded }) => succeeded)).toEqual([true, false, true]);
    expect(lines.map(({ msg }) => msg)).toEqual([
      expect.stringContaining('no such file'),
      'the web configuration can be used again',
    ]);
  });
});

describe('a file system that does not respond', () => {
  it('delays the first request by a second, and no other one', async () => {
    const { path } = await webFolder(tls);
    const loaded = await loadedWebConfig(path);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const clock = manualClock();
    const readFile = () => new Promise<Buffer>(() => {});
    const web = createWebConfigWatcher(loaded, { logger: memoryLog().logger, clock, readFile });
    clock.advance(1_000);
    const first = web.refreshed();
    let isAnswered = false;
    void first.then(() => {
      isAnswered = true;
    });
    await vi.advanceTimersByTimeAsync(999);
    expect(isAnswered).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await first).toBe(web.current());
    clock.advance(1_000);
    expect(await web.refreshed()).toBe(web.current());
  });
});

describe('a protection of the web configuration', () => {
  const verified = [...tls, '  client_auth_type: RequireAndVerifyClientCert', '  client_ca_file: ca.crt'];

  it.each([
    ['the list of names', [...verified, '  client_allowed_sans: [grafana.example]'], verified],
    ['the certificate of clients', verified, tls],
  ])('cannot be removed while the exporter runs: %s', async (_what, lines, next) => {
    const { get, write, aSecondLater, told } = await serve(lines);
    await write('web.yml', next.join('\n'));
    aSecondLater();
    await expect(get()).rejects.toThrow();
    expect(told.at(-1)?.succeeded).toBe(false);
  });

  it('cannot be removed while the exporter runs: the password', async () => {
    const { get, write, aSecondLater } = await serve([`basic_auth_users: { alice: ${await hash('secret', 4)} }`]);
    await write('web.yml', 'basic_auth_users: {}');
    aSecondLater();
    expect((await get()).status).toBe(401);
  });

  it('cannot be bypassed by a TLS session: the client of a replaced CA is rejected', async () => {
    const { port, get, write, aSecondLater } = await serve(verified);
    const session = await sessionOf(port);
    expect((await get({ options: { ...client, session } })).status).toBe(200);
    await write('ca.crt', otherCa);
    aSecondLater();
    expect((await get({ options: stranger })).status).toBe(200);
    await expect(get({ options: { ...client, session } })).rejects.toThrow();
  });
});

describe('the users of the web configuration', () => {
  it('and their passwords follow the file', async () => {
    const [first, second] = await Promise.all([hash('one', 4), hash('two', 4)]);
    const { get, write, aSecondLater } = await serve([`basic_auth_users: { alice: ${first} }`]);
    const statusOf = async (auth: string) => (await get({ auth })).status;
    expect([await statusOf('alice:one'), await statusOf('alice:two')]).toEqual([200, 401]);
    await write('web.yml', `basic_auth_users: { alice: ${second}, bob: ${first} }`);
    aSecondLater();
    expect([await statusOf('alice:one'), await statusOf('alice:two'), await statusOf('bob:one')]).toEqual([
      401, 200, 200,
    ]);
  });
});
