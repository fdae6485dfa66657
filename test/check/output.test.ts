import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { forPeople } from '../../src/check/text-report.ts';
import type { Clock } from '../../src/clock.ts';
import { ConfigError } from '../../src/config/problem.ts';
import { loopbackCertificate } from '../simulator/loopback-certificate.ts';
import { manualClock } from '../simulator/manual-clock.ts';
import { closedPort } from '../transport/loopback.ts';
import { check, client, cluster, type Given, provider } from './checking.ts';

/** Two clusters that are well: TLS by a private CA and OAuth 2, and plain HTTP with Basic. */
async function goodFile(): Promise<{ readonly given: Given; readonly clock: Clock }> {
  const clock = manualClock();
  const identity = await provider({ clock });
  const production = await cluster({
    clock,
    version: '8.9.1',
    clusterId: 'demo',
    tls: loopbackCertificate,
    authentication: { method: 'oauth2', issuer: identity, audience: client.audience },
  });
  const user = { username: 'demo', password: 'demo-password' };
  const staging = await cluster({ clock, version: '8.6.0', authentication: { method: 'basic', ...user } });
  const file = `\
poll_interval: 20s
clusters:
  - name: production
    address: ${production.address}
    oauth2:
      client_id: ${client.clientId}
      client_secret: ${client.clientSecret}
      token_url: ${identity.tokenUrl}
      audience: ${client.audience}
      scopes: [openid]
    tls_config:
      ca_file: ca.pem
    headers:
      X-Tenant: tenant-secret
  - name: staging
    address: ${staging.address}
    api_version: v2
    basic_auth:
      username: demo
      password_file: password
`;
  const files = { 'conf/ca.pem': loopbackCertificate.cert, 'conf/password': user.password };
  return { given: { file, files }, clock: { now: clock.now, monotonic: () => performance.now() } };
}

/** Ports differ from run to run, and with their length the width of columns. */
function withoutPorts(text: string): string {
  return text.replace(/(127\.0\.0\.1:|, port |"port": )\d+/g, '$10').replace(/(?<=\S) {2,}(?=\S)/g, '  ');
}

describe('a good run', () => {
  it('reads like this', async () => {
    const { given, clock } = await goodFile();
    const { text, exitCode } = await check(given, { clock });
    await expect(withoutPorts(text)).toMatchFileSnapshot('../fixtures/check/good-run.txt');
    expect(exitCode).toBe(0);
  });

  it('is this JSON', async () => {
    const { given, clock } = await goodFile();
    const { text, exitCode } = await check(given, { clock, output: 'json' });
    await expect(withoutPorts(text)).toMatchFileSnapshot('../fixtures/check/good-run.json');
    expect(exitCode).toBe(0);
  });
});

describe('a bad run', () => {
  it('is 1 where one of the clusters cannot be polled, and names it; the others are checked all the same', async () => {
    const { address } = await cluster();
    const file = `clusters: [{ name: bad, address: 'http://127.0.0.1:${await closedPort()}' }, { name: good, address: '${address}' }]`;
    const { text, exitCode } = await check({ file });
    expect(exitCode).toBe(1);
    expect(text).toMatch(/^bad\n.*✗ Connection to the cluster\n.*\n\ngood\n.*✓ Verdict: healthy\n\n/s);
    expect(text).toMatch(/1 of 2 clusters cannot be polled: bad\.\n$/);
    const { text: all } = await check({ file: file.replace(address.href, `http://127.0.0.1:${await closedPort()}`) });
    expect(all).toMatch(/2 of 2 clusters cannot be polled: bad, good\.\n$/);
  });

  it('ends in JSON with the step that failed and what to change', async () => {
    const port = await closedPort();
    const { text, exitCode } = await check(
      { file: `clusters: [{ name: bad, address: 'http://127.0.0.1:${port}' }]` },
      {
        output: 'json',
      },
    );
    expect(exitCode).toBe(1);
    expect(JSON.parse(text)).toMatchObject({
      version: 1,
      ok: false,
      clusters: [
        {
          name: 'bad',
          ok: false,
          steps: [
            { name: 'settings', status: 'ok' },
            {
              name: 'cluster_connection',
              status: 'failed',
              diagnosis: {
                problem: `Nothing listens on port ${port} of 127.0.0.1.`,
                change:
                  'Start the cluster, or correct host and port in address. In a container, 127.0.0.1 is the container itself.',
              },
            },
          ],
        },
      ],
    });
  });

  it('is one of a configuration that cannot be used: JSON says why, text leaves it to the caller', async () => {
    const given = { env: { ZEEBE_REST_ADDRESS: 'zeebe:8080' } };
    const { text, exitCode } = await check(given, { output: 'json' });
    expect(exitCode).toBe(1);
    expect(JSON.parse(text)).toEqual({
      version: 1,
      ok: false,
      problems: [
        {
          place: 'ZEEBE_REST_ADDRESS',
          expected: 'a URL that begins with http:// or https://',
          found: '"zeebe:8080"',
        },
      ],
      clusters: [],
    });
    await expect(check(given)).rejects.toThrow(ConfigError);
  });
});

describe('text', () => {
  it('has colours only where they are wanted, and the same words', async () => {
    const { address } = await cluster();
    const env = { ZEEBE_REST_ADDRESS: address.href };
    const plain = await check({ env });
    const coloured = await check({ env }, { withColours: true });
    expect(plain.text).toBe(stripVTControlCharacters(plain.text));
    expect(coloured.text).not.toBe(plain.text);
    expect(stripVTControlCharacters(coloured.text)).toBe(plain.text);
  });

  it('lists settings in columns', () => {
    const settings = [
      { key: 'name', value: 'default', place: 'default' },
      { key: 'address', value: 'http://zeebe:8080', place: 'ZEEBE_REST_ADDRESS' },
    ] as const;
    expect(forPeople(false).step({ name: 'settings', status: 'ok', facts: { settings } })).toBe(
      '  ✓ Settings\n' +
        '      name     default            default\n' +
        '      address  http://zeebe:8080  ZEEBE_REST_ADDRESS\n',
    );
  });

  it('says how many addresses a name has', () => {
    const facts = { host: 'zeebe', port: 80, addresses: ['::1', '127.0.0.1'], address: '127.0.0.1' };
    expect(forPeople(false).step({ name: 'cluster_connection', status: 'ok', facts })).toBe(
      '  ✓ Connection to the cluster: zeebe, port 80 (127.0.0.1, one of 2 addresses)\n',
    );
  });

  it('begins with what the operator should know of the configuration', async () => {
    const { address } = await cluster();
    const { text } = await check({
      file: `clusters: [{ name: one, address: '${address}' }]`,
      env: { ZEEBE_REST_ADDRESS: 'http://another' },
    });
    expect(text).toMatch(
      /^the configuration file has clusters, so that of the environment is not used: ZEEBE_REST_ADDRESS\n/,
    );
  });

  it('ends where it is interrupted', async () => {
    const { address, apply } = await cluster();
    apply({ type: 'http-fault', fault: { kind: 'silence' } });
    const interrupt = new AbortController();
    let text = '';
    const { exitCode } = await check(
      { env: { ZEEBE_REST_ADDRESS: address.href } },
      {
        signal: interrupt.signal,
        write: (more) => {
          text += more;
          if (more.includes('Token request')) setImmediate(() => interrupt.abort());
        },
      },
    );
    expect(exitCode).toBe(1);
    expect(text).toMatch(/ {2}- Token request: no credentials are set\n$/);
  });
});
