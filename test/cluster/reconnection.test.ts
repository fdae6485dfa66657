import { rename, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { loadConfigFromFiles } from '../../src/config/load-config.ts';
import { startIdentityProvider } from '../../src/simulator/identity-provider.ts';
import { client as clientOf, healthy, ofCluster } from '../exporting.ts';
import { manualClock } from '../manual-clock.ts';
import { memoryLog } from '../memory-log.ts';
import { mounted, temporaryFolder } from '../mounted.ts';
import { startExporter } from '../start-exporter.ts';
import {
  authority,
  client,
  expired,
  intermediate,
  nextClient,
  renewed,
  server,
} from '../transport/issued-certificates.ts';
import { httpServer, httpsServer, listen } from '../transport/loopback.ts';
import { tunnelingProxy } from '../transport/tunnel.ts';
import { withoutProxy } from '../transport/without-proxy.ts';

vi.setConfig({ testTimeout: 60_000 });
beforeEach(withoutProxy);
afterEach(() => {
  vi.unstubAllEnvs();
});

/**
 * Starts the exporter with clusters from a configuration file, each a list of lines. The clock stands still: a cluster
 * is polled by a probe, and the values are those of the page afterwards.
 */
async function exporting(clusters: Readonly<Record<string, readonly string[]>>) {
  const folder = await temporaryFolder();
  const lines = Object.entries(clusters).flatMap(([name, settings]) => [
    `  - name: ${name}`,
    ...settings.map((line) => `    ${line}`),
  ]);
  const file = join(folder, 'exporter.yml');
  const top = [
    'poll_interval: 24h',
    'probe_min_interval: 0',
    'web: { listen_addresses: ["127.0.0.1:0"] }',
    'clusters:',
  ];
  await writeFile(file, [...top, ...lines].join('\n'));
  const { config } = await loadConfigFromFiles({ flags: { 'config.file': file }, env: {}, isTerminal: false });
  const clock = manualClock();
  const { logger, lines: log } = memoryLog();
  const exporter = await startExporter(config, logger, clock);
  onTestFinished(() => exporter.stop());
  const { get, read } = clientOf(exporter);
  return {
    clock,
    folder,
    log,
    poll: async (name: string) => {
      const { status, text } = await get(`/probe?cluster=${name}`);
      if (status !== 200) throw new Error(`the probe answered ${status}: ${text}`);
      const page = await read();
      return (family: string, labels: Readonly<Record<string, string>> = {}) =>
        ofCluster(page, family, name).find((sample) => isLike(sample.labels, labels))?.value;
    },
  };
}

function isLike(labels: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([label, value]) => labels[label] === value);
}

/** A cluster with one user, whose password the tests change; it keeps connections alive for ten minutes. */
async function guarded(password: string) {
  const state = { password };
  const requests: IncomingMessage[] = [];
  const answer: RequestListener = (request, response) => {
    requests.push(request);
    response.setHeader('keep-alive', 'timeout=600');
    const expected = `Basic ${Buffer.from(`scraper:${state.password}`).toString('base64')}`;
    if (request.headers.authorization === expected) return healthy(request, response);
    response.writeHead(401).end();
  };
  const port = await listen(createHttpServer({ keepAliveTimeout: 0 }, answer));
  return { address: `http://127.0.0.1:${port}/`, state, requests };
}

function basicAuth(address: string, passwordFile: string): readonly string[] {
  return [`address: ${address}`, 'basic_auth:', '  username: scraper', `  password_file: ${passwordFile}`];
}

describe('a password file that Kubernetes replaces', () => {
  it('is used from the next poll on, by its cluster only', async () => {
    const [one, other, open] = [await guarded('first'), await guarded('other'), await httpServer(healthy)];
    const volume = await mounted({ one: 'first', other: 'other\n' });
    const { poll, log } = await exporting({
      one: basicAuth(one.address, join(volume.folder, 'one')),
      other: basicAuth(other.address, join(volume.folder, 'other')),
      open: [`address: ${open}`],
    });
    for (const name of ['one', 'other', 'open']) expect((await poll(name))('up')).toBe(1);

    one.state.password = 'second';
    await volume.swap({ one: 'second', other: 'other\n' });
    const values = await poll('one');
    expect(values('up')).toBe(1);
    expect(values('auth_failures_total', { reason: 'credentials_rejected' })).toBe(0);
    expect(values('files_last_read_successful')).toBe(1);
    expect((await poll('other'))('up')).toBe(1);
    expect((await poll('open'))('files_last_read_successful')).toBeUndefined();

    const [before, after] = one.requests.map(({ socket }) => socket);
    expect(after).not.toBe(before);
    await vi.waitFor(() => expect(before?.destroyed).toBe(true), { timeout: 20_000 });

    const changed = log.filter(({ msg }) => msg.includes('have changed'));
    expect(changed.map(({ cluster, files }) => [cluster, files])).toEqual([['one', [join(volume.folder, 'one')]]]);
  });

  it('is used before the cluster accepts it, and works when the cluster does', async () => {
    const { address, state } = await guarded('first');
    const volume = await mounted({ password: 'first' });
    const { poll } = await exporting({ one: basicAuth(address, join(volume.folder, 'password')) });
    await poll('one');
    await volume.swap({ password: 'second' });
    expect((await poll('one'))('auth_failing', { reason: 'credentials_rejected' })).toBe(1);
    state.password = 'second';
    expect((await poll('one'))('up')).toBe(1);
  });
});

describe('a client secret in a file that changes', () => {
  const clientId = 'exporter';
  async function oauth(clientSecret: string, inFile: string) {
    const provider = await startIdentityProvider({
      clients: [{ clientId, clientSecret, audience: 'zeebe-api' }],
      tokenLifetime: 3_600,
    });
    onTestFinished(() => provider.close());
    const volume = await mounted({ secret: inFile });
    const address = await httpServer((request, response) => {
      if (request.headers.authorization?.startsWith('Bearer ')) return healthy(request, response);
      response.writeHead(401).end();
    });
    const started = await exporting({
      one: [
        `address: ${address}`,
        'poll_timeout: 10s',
        'poll_interval: 10m',
        'oauth2:',
        `  client_id: ${clientId}`,
        `  client_secret_file: ${join(volume.folder, 'secret')}`,
        `  token_url: ${provider.tokenUrl}`,
        '  audience: zeebe-api',
      ],
    });
    return { ...started, provider, volume };
  }

  it('causes no token request while the token is alive', async () => {
    const { poll, volume, provider } = await oauth('first', 'first');
    expect((await poll('one'))('token_requests_total')).toBe(1);
    provider.apply({ type: 'secret-rotates', clientId, clientSecret: 'second' });
    await volume.swap({ secret: 'second' });
    const values = await poll('one');
    expect(values('up')).toBe(1);
    expect(values('token_requests_total')).toBe(1);
    expect(values('token_lifetime_seconds')).toBe(3_600);
  });

  it('is used to renew the token', async () => {
    const { poll, volume, provider, clock } = await oauth('first', 'first');
    await poll('one');
    provider.apply({ type: 'secret-rotates', clientId, clientSecret: 'second' });
    await volume.swap({ secret: 'second' });
    clock.advance(3_000_000);
    const values = await poll('one');
    expect(values('token_requests_total')).toBe(2);
    expect(values('token_request_failures_total', { reason: 'invalid_client' })).toBe(0);
  });

  it('and was wrong before ends the back-off at once', async () => {
    const { poll, volume, provider, clock } = await oauth('right', 'wrong');
    expect((await poll('one'))('auth_failing', { reason: 'invalid_client' })).toBe(1);
    clock.advance(2_000);
    expect((await poll('one'))('token_requests_total')).toBe(1);
    await volume.swap({ secret: 'right' });
    const values = await poll('one');
    expect(values('up')).toBe(1);
    expect(values('token_requests_total')).toBe(2);
    expect(provider.requests()).toMatchObject({ issued: 1 });
  });
});

describe('certificates in files', () => {
  /** A cluster that accepts clients of the authority, and records their names. */
  async function mutual(certificate: { readonly cert: string; readonly key: string } = renewed) {
    const names: string[] = [];
    const options = { ...certificate, ca: authority.cert, requestCert: true, rejectUnauthorized: true };
    const https = createHttpsServer(options, (request, response) => {
      names.push(String((request.socket as TLSSocket).getPeerCertificate().subject.CN));
      healthy(request, response);
    });
    return { https, address: `https://127.0.0.1:${await listen(https)}/`, names };
  }

  async function mutualExporter(address: string, files: Readonly<Record<string, string>>) {
    const volume = await mounted(files);
    const started = await exporting({
      one: [
        `address: ${address}`,
        'tls_config:',
        ...['ca', 'cert', 'key'].map((name) => `  ${name}_file: ${join(volume.folder, name)}`),
      ],
    });
    return { ...started, volume };
  }

  const files = { ca: authority.cert, cert: client.cert, key: client.key };
  const expiryOf = (role: string) =>
    ['tls_certificate_expiry_timestamp_seconds', { endpoint: 'cluster', role }] as const;

  it('are presented from the next poll on, and their expiry is on the page', async () => {
    const { address, names } = await mutual();
    const { poll, volume } = await mutualExporter(address, files);
    const first = await poll('one');
    expect(first(...expiryOf('client'))).toBe(client.expiry / 1000);
    expect(first(...expiryOf('server'))).toBe(renewed.expiry / 1000);
    await volume.swap({ ...files, cert: nextClient.cert, key: nextClient.key });
    const second = await poll('one');
    expect(second('up')).toBe(1);
    expect(second(...expiryOf('client'))).toBe(nextClient.expiry / 1000);
    expect(names).toEqual(['exporter', 'exporter-next']);
  });

  it('of another authority are trusted from the next poll on', async () => {
    const { address } = await mutual();
    const { poll, volume } = await mutualExporter(address, { ...files, ca: client.cert });
    expect((await poll('one'))('poll_failing', { reason: 'tls' })).toBe(1);
    await volume.swap(files);
    expect((await poll('one'))('up')).toBe(1);
  });

  it.each<
    [string, (folder: string, swap: (files: Readonly<Record<string, string>>) => Promise<void>) => Promise<void>]
  >([
    ['half-written', (_, swap) => swap({ ...files, cert: nextClient.cert.slice(0, 300) })],
    ['empty', (_, swap) => swap({ ...files, key: '' })],
    ['of another key', (_, swap) => swap({ ...files, cert: nextClient.cert })],
    ['too large', (_, swap) => swap({ ...files, ca: authority.cert.padEnd(1024 * 1024 + 1) })],
    ['not there', (_, swap) => swap({ ca: authority.cert, cert: client.cert })],
    ['on a volume that has gone', (folder) => rename(join(folder, '..data'), join(folder, '..gone'))],
  ])('that are %s leave the last valid ones in use until they are repaired', async (_case, breakThem) => {
    const { address, names } = await mutual();
    const { poll, volume, log } = await mutualExporter(address, files);
    expect((await poll('one'))('files_last_read_successful')).toBe(1);
    await breakThem(volume.folder, volume.swap);
    for (let count = 0; count < 2; count++) {
      const values = await poll('one');
      expect(values('up')).toBe(1);
      expect(values('files_last_read_successful')).toBe(0);
      expect(values(...expiryOf('client'))).toBe(client.expiry / 1000);
    }
    await rm(join(volume.folder, '..gone'), { force: true });
    await volume.swap({ ...files, cert: nextClient.cert, key: nextClient.key });
    expect((await poll('one'))('files_last_read_successful')).toBe(1);
    expect(names).toEqual(['exporter', 'exporter', 'exporter', 'exporter-next']);

    const told = log.map(({ msg }) => msg);
    const broken = told.filter((msg) => msg.includes('cannot be used'));
    expect(broken).toEqual([expect.stringMatching(/exporter\.yml:\d+: clusters\[0\]\.tls_config\.\w+_file: expected/)]);
    expect(told.filter((msg) => msg.includes('can be used again'))).toHaveLength(1);
    expect(JSON.stringify(log)).not.toContain('BEGIN');
  });

  it('of a server are on the page while polls fail because of them, from the first poll on', async () => {
    const address = await httpsServer(expired, healthy);
    const { poll } = await exporting({ one: [`address: ${address}`] });
    for (let count = 0; count < 2; count++) {
      const values = await poll('one');
      expect(values('poll_failing', { reason: 'tls' })).toBe(1);
      expect(values(...expiryOf('server'))).toBe(expired.expiry / 1000);
      expect(values(...expiryOf('client'))).toBeUndefined();
    }
  });

  it('of an issuer and of its token endpoint both count for the endpoint "token"', async () => {
    const volume = await mounted({ ca: authority.cert });
    const json =
      (answer: () => unknown): RequestListener =>
      (_request, response) => {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(answer()));
      };
    const chain = { key: server.key, cert: server.cert + intermediate.cert };
    const token = { access_token: 't0k3n', token_type: 'Bearer', expires_in: 300 };
    const tokenEndpoint = await httpsServer(
      chain,
      json(() => token),
    );
    const document = { issuer: '', token_endpoint: tokenEndpoint };
    document.issuer = (
      await httpsServer(
        renewed,
        json(() => document),
      )
    ).replace(/\/$/, '');
    const { poll } = await exporting({
      one: [
        `address: ${await httpServer(healthy)}`,
        'oauth2:',
        '  client_id: exporter',
        '  client_secret: s3cr3t',
        `  issuer_url: ${document.issuer}`,
        `  tls_config: { ca_file: ${join(volume.folder, 'ca')} }`,
      ],
    });
    const values = await poll('one');
    expect(values('up')).toBe(1);
    const name = 'tls_certificate_expiry_timestamp_seconds';
    expect(values(name, { endpoint: 'token', role: 'server' })).toBe(intermediate.expiry / 1000);
    expect(values(name, { endpoint: 'cluster' })).toBeUndefined();
  });

  it('of both servers are on the page also behind a proxy', async () => {
    const proxy = await tunnelingProxy();
    const volume = await mounted({ ca: authority.cert });
    const chain = { key: server.key, cert: server.cert + intermediate.cert };
    const tokens: RequestListener = (_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end('{"access_token":"t0k3n","token_type":"Bearer","expires_in":300}');
    };
    const { poll } = await exporting({
      one: [
        `address: ${await httpsServer(renewed, healthy)}`,
        `proxy_url: ${proxy.url}`,
        `tls_config: { ca_file: ${join(volume.folder, 'ca')} }`,
        'oauth2:',
        '  client_id: exporter',
        '  client_secret: s3cr3t',
        `  token_url: ${await httpsServer(chain, tokens)}`,
        `  tls_config: { ca_file: ${join(volume.folder, 'ca')} }`,
      ],
    });
    const values = await poll('one');
    expect(values('up')).toBe(1);
    expect(values(...expiryOf('server'))).toBe(renewed.expiry / 1000);
    const token = { endpoint: 'token', role: 'server' };
    expect(values('tls_certificate_expiry_timestamp_seconds', token)).toBe(intermediate.expiry / 1000);
    expect(proxy.asked).toHaveLength(2);
  });
});
