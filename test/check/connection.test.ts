import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { clusterEndpoint } from '../../src/check/check-target.ts';
import { diagnoseConnection, diagnoseHandshake } from '../../src/check/diagnose-connection.ts';
import { fileWith, load } from '../config/loading.ts';
import { loopbackCertificate } from '../simulator/loopback-certificate.ts';
import { closedPort, httpServer, httpsServer, listen } from '../transport/loopback.ts';
import { withoutProxy } from '../transport/without-proxy.ts';
import { check, client, cluster, oauthEnv, provider } from './checking.ts';
import { expiredCertificate } from './expired-certificate.ts';

beforeEach(withoutProxy);
afterEach(() => {
  vi.unstubAllEnvs();
});

const { cert } = loopbackCertificate;

function fileFor(address: string, ...lines: readonly string[]): string {
  return fileWith(...lines).replace('http://zeebe:8080', address);
}

function endpointOf(address: string, lines: readonly string[] = [], files: Readonly<Record<string, string>> = {}) {
  const [target] = load({ file: fileFor(address, ...lines), files }).clusters;
  if (target === undefined) throw new Error('one cluster was expected');
  return clusterEndpoint(target);
}

describe('check: the connection to the cluster', () => {
  it('fails if DNS does not know the host', async () => {
    // Too long for a host name, so that no name server is asked.
    const host = `${'a'.repeat(64)}.example.com`;
    const { exitCode, failedStep } = await check({ env: { ZEEBE_REST_ADDRESS: `http://${host}:8080` } });
    expect(exitCode).toBe(1);
    expect(failedStep).toEqual([
      'Connection to the cluster',
      `The host ${host} was not found in DNS.`,
      'Correct the host in ZEEBE_REST_ADDRESS, or the DNS configuration of this machine.',
    ]);
  });

  it('fails if the name server does not answer', () => {
    const error = Object.assign(new Error('getaddrinfo EAI_AGAIN zeebe'), { code: 'EAI_AGAIN' });
    expect(diagnoseConnection(error, endpointOf('http://zeebe'))).toEqual({
      problem: 'The DNS lookup of zeebe failed: the name server did not answer.',
      change: 'Check the network and the DNS configuration of this machine, and the host in address.',
    });
  });

  it('that times out may be blocked by a firewall', () => {
    const error = new DOMException('no whole answer within 10 s', 'TimeoutError');
    expect(diagnoseConnection(error, endpointOf('https://zeebe'))).toEqual({
      problem: 'The connection to zeebe, port 443, timed out: a firewall may be blocking it.',
      change: 'Check the host and port in address, and whether this machine is allowed to connect.',
    });
  });

  it('that is refused names the key of the file, or the variable', async () => {
    const port = await closedPort();
    const problem = `The connection was refused: nothing listens on port ${port} of 127.0.0.1.`;
    const hint = 'Inside a container, 127.0.0.1 is the container itself.';
    const inFile = await check({ file: fileFor(`http://127.0.0.1:${port}`) });
    expect(inFile.failedStep).toEqual([
      'Connection to the cluster',
      problem,
      `Start the cluster, or correct the host and port in address. ${hint}`,
    ]);
    const fromEnvironment = await check({ env: { CAMUNDA_REST_ADDRESS: `http://127.0.0.1:${port}` } });
    expect(fromEnvironment.failedStep).toEqual([
      'Connection to the cluster',
      problem,
      `Start the cluster, or correct the host and port in CAMUNDA_REST_ADDRESS. ${hint}`,
    ]);
  });

  it('that fails otherwise names the error, and warns of localhost in a container', () => {
    const error = Object.assign(new Error('connect EHOSTUNREACH 10.0.0.1:8080'), { code: 'EHOSTUNREACH' });
    const diagnose = (address: string) => diagnoseConnection(error, endpointOf(address));
    expect(diagnose('http://zeebe:8080')).toEqual({
      problem: 'Cannot connect to zeebe, port 8080: connect EHOSTUNREACH 10.0.0.1:8080.',
      change: 'Start the cluster, or correct the host and port in address.',
    });
    for (const host of ['localhost', '127.0.0.1', '[::1]']) {
      const name = host.replace(/[[\]]/g, '');
      expect(diagnose(`http://${host}`).change).toBe(
        `Start the cluster, or correct the host and port in address. Inside a container, ${name} is the container itself.`,
      );
    }
  });

  it('to the identity provider that is refused names the setting of its address', async () => {
    const port = await closedPort();
    const { address } = await cluster();
    const { failedStep } = await check({ env: oauthEnv(address, `http://127.0.0.1:${port}/token`) });
    expect(failedStep).toEqual([
      'Connection to the identity provider',
      `The connection was refused: nothing listens on port ${port} of 127.0.0.1.`,
      'Start the identity provider, or correct the host and port in CAMUNDA_OAUTH_URL. ' +
        'Inside a container, 127.0.0.1 is the container itself.',
    ]);
  });

  it('is not tried if a proxy is set, and the poll goes through that proxy', async () => {
    const asked: string[] = [];
    const proxy = await httpServer((request, response) => {
      asked.push(request.url ?? '');
      response.setHeader('content-type', 'application/json').end('{"clusterSize":1,"brokers":[]}');
    });
    const file = fileFor('http://zeebe.example.com', `proxy_url: ${proxy}`);
    const { text, exitCode } = await check({ file });
    const { host } = new URL(proxy);
    expect(text).toContain(`  - Connection to the cluster: requests go through the proxy ${host} (proxy_url)\n`);
    expect(text).toContain(`  - TLS of the cluster: requests go through the proxy ${host} (proxy_url)\n`);
    expect(asked).toEqual(['http://zeebe.example.com/v1/topology']);
    expect(exitCode).toBe(0);
  });

  it('uses the proxy of the environment, and NO_PROXY', async () => {
    const port = await closedPort();
    vi.stubEnv('HTTP_PROXY', `http://127.0.0.1:${port}`);
    const { address } = await cluster();
    const env = { ZEEBE_REST_ADDRESS: address.href };
    const proxied = await check({ env });
    expect(proxied.text).toContain(`the cluster: requests go through the proxy 127.0.0.1:${port} (HTTP_PROXY)\n`);
    expect(proxied.exitCode).toBe(1);
    vi.stubEnv('NO_PROXY', '127.0.0.1');
    const direct = await check({ env });
    expect(direct.text).toContain('✓ Connection to the cluster: 127.0.0.1, port');
    expect(direct.exitCode).toBe(0);
  });
});

describe('check: TLS', () => {
  it('shows issuer and expiry of a certificate of a private CA that is trusted', async () => {
    const { address } = await cluster({ tls: loopbackCertificate });
    const file = fileFor(address.href, 'tls_config:', '  ca_file: ca.pem');
    const { text, exitCode } = await check({ file, files: { 'conf/ca.pem': cert } });
    expect(exitCode).toBe(0);
    expect(text).toMatch(/✓ TLS of the cluster: TLSv1\.3\n {6}certificate {2}localhost\n {6}issued by {4}localhost\n/);
    expect(text).toMatch(/ {6}expires {6}2126-10-30, in \d+ days\n/);
  });

  it('with a private CA that is not trusted names the setting of the CA file', async () => {
    const { address } = await cluster({ tls: loopbackCertificate });
    const { failedStep, text } = await check({ file: fileFor(address.href) });
    expect(failedStep).toContain(
      'The certificate of 127.0.0.1 (localhost) was issued by a CA that this machine does not trust: localhost.',
    );
    expect(failedStep.at(-1)).toBe('Set tls_config.ca_file to a file with the CA certificate of localhost (PEM).');
    expect(text).toContain('      issued by    localhost\n');
    const { failedStep: withoutFile } = await check({ env: { ZEEBE_REST_ADDRESS: address.href } });
    expect(withoutFile.at(-1)).toBe(
      'Set CAMUNDA_CA_CERTIFICATE_PATH to a file with the CA certificate of localhost (PEM).',
    );
  });

  it('with a CA that is not in the CA file names that file', async () => {
    const { address } = await cluster({ tls: loopbackCertificate });
    const file = fileFor(address.href, 'tls_config:', '  ca_file: ca.pem');
    const { failedStep } = await check({ file, files: { 'conf/ca.pem': expiredCertificate.cert } });
    expect(failedStep).toContain(
      'The certificate of 127.0.0.1 (localhost) was issued by localhost, which is not in the CA file of tls_config.ca_file.',
    );
  });

  it('with insecure_skip_verify continues and reports that the certificate is not verified', async () => {
    const { address } = await cluster({ tls: loopbackCertificate });
    const { text, exitCode } = await check({
      file: fileFor(address.href, 'tls_config:', '  insecure_skip_verify: true'),
    });
    expect(text).toContain('✓ TLS of the cluster: TLSv1.3, the certificate is not verified\n');
    expect(exitCode).toBe(0);
  });

  it('of an identity provider with a private CA names the settings of the identity provider', async () => {
    const { address } = await cluster();
    const identity = await provider({ tls: loopbackCertificate });
    const { failedStep } = await check({
      file: fileFor(
        address.href,
        `oauth2: { client_id: exporter, client_secret: ${client.clientSecret}, token_url: '${identity.tokenUrl}' }`,
      ),
    });
    expect(failedStep[0]).toMatch(/^TLS of the identity provider/);
    expect(failedStep.at(-1)).toBe(
      'Set oauth2.tls_config.ca_file to a file with the CA certificate of localhost (PEM).',
    );
  });

  it('with an expired certificate reports the date', async () => {
    const { address } = await cluster({ tls: expiredCertificate });
    const file = fileFor(address.href, 'tls_config:', '  ca_file: ca.pem');
    const { failedStep } = await check({ file, files: { 'conf/ca.pem': expiredCertificate.cert } });
    expect(failedStep).toContain('The certificate of 127.0.0.1 expired on 2021-02-03.');
    expect(failedStep).toContain('expires      2021-02-03, has expired');
    expect(failedStep.at(-1)).toBe('Renew it on the server (address), and check the clock of this machine.');
  });

  it('with a certificate for another host reports its names', async () => {
    const { address } = await cluster({ tls: loopbackCertificate, host: '127.0.0.2' });
    const file = fileFor(address.href, 'tls_config:', '  ca_file: ca.pem');
    const { failedStep } = await check({ file, files: { 'conf/ca.pem': cert } });
    expect(failedStep).toContain('The certificate is valid for localhost, 127.0.0.1, not for 127.0.0.2.');
    expect(failedStep.at(-1)).toBe(
      'Use one of its names as the host in address, or set tls_config.server_name to one of them.',
    );
  });

  it('of a port that does not speak TLS suggests http://', async () => {
    const { address } = await cluster();
    const { failedStep } = await check({ file: fileFor(`https://${address.host}`) });
    expect(failedStep[0]).toBe('TLS of the cluster');
    expect(failedStep[1]).toMatch(
      /^The address begins with https:\/\/, but port \d+ of 127\.0\.0\.1 does not speak TLS \(.*\)\.$/,
    );
    expect(failedStep[2]).toBe(
      'If the connection is not encrypted, change https:// to http:// in address; otherwise correct the port there.',
    );
  });

  it('that times out is told from a connection that times out', async () => {
    const port = await listen(createServer());
    const { failedStep } = await check({ file: fileFor(`https://127.0.0.1:${port}`, 'poll_timeout: 300ms') });
    expect(failedStep).toEqual([
      'TLS of the cluster',
      `Port ${port} of 127.0.0.1 accepted the connection, but the TLS handshake timed out.`,
      'Check the host and port in address, and which service listens there.',
    ]);
  });

  it.each([
    'TLSv1.2',
    'TLSv1.3',
  ] as const)('that requires a client certificate names its settings (%s)', async (version) => {
    const address = await httpsServer(
      { ...loopbackCertificate, ca: cert, requestCert: true, minVersion: version, maxVersion: version },
      (_request, response) => response.end(),
    );
    const file = fileFor(address, 'tls_config:', '  ca_file: ca.pem');
    const { failedStep } = await check({ file, files: { 'conf/ca.pem': cert } });
    expect(failedStep.slice(-2)).toEqual([
      'The cluster requires a client certificate (mutual TLS), but none is set.',
      'Set tls_config.cert_file and tls_config.key_file to the files of a client certificate and its key.',
    ]);
  });

  it('that requires a client certificate is recognized by the error page of nginx', async () => {
    const address = await httpServer((_request, response) => {
      response.writeHead(400, { 'content-type': 'text/html' });
      response.end('<title>400 No required SSL certificate was sent</title>');
    });
    const { failedStep } = await check({ file: fileFor(address) });
    expect(failedStep.at(-1)).toBe(
      'Set tls_config.cert_file and tls_config.key_file to the files of a client certificate and its key.',
    );
  });

  it('without a common version names the setting of the lowest one', async () => {
    const address = await httpsServer({ ...loopbackCertificate, maxVersion: 'TLSv1.2' }, (_request, response) =>
      response.end(),
    );
    const file = fileFor(address, 'tls_config: { ca_file: ca.pem, min_version: TLS13 }');
    const { failedStep } = await check({ file, files: { 'conf/ca.pem': cert } });
    expect(failedStep).toEqual([
      'TLS of the cluster',
      expect.stringMatching(/^The cluster supports only TLS versions that the exporter does not accept: .*protocol/),
      'Upgrade the cluster, or allow a version that it supports in tls_config.min_version. ' +
        'Without that setting, TLS 1.2 or newer is required.',
    ]);
  });

  it('that rejects the client certificate names its settings', () => {
    const lines = ['tls_config: { cert_file: cert.pem, key_file: key.pem }'];
    const files = { 'conf/cert.pem': cert, 'conf/key.pem': loopbackCertificate.key };
    const error = new Error('SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca');
    expect(diagnoseHandshake(error, endpointOf('https://zeebe', lines, files))).toEqual({
      problem: 'The cluster rejected the client certificate of tls_config.cert_file.',
      change:
        'Set tls_config.cert_file and tls_config.key_file to a certificate and key issued by a CA that the cluster trusts.',
    });
  });

  it('on a port that is addressed with http:// suggests https://', async () => {
    const { address } = await cluster({ tls: loopbackCertificate });
    const { failedStep } = await check({ file: fileFor(`http://${address.host}`) });
    expect(failedStep).toEqual([
      'Topology',
      'The cluster requires TLS, but the address begins with http://.',
      'Change http:// to https:// in address.',
    ]);
  });

  it('on a port that is addressed with http:// is recognized by the error page of nginx', async () => {
    const address = await httpServer((_request, response) => {
      response.writeHead(400, { 'content-type': 'text/html' });
      response.end('<title>400 The plain HTTP request was sent to HTTPS port</title>');
    });
    const { failedStep } = await check({ env: { ZEEBE_REST_ADDRESS: address } });
    expect(failedStep.at(-1)).toBe('Change http:// to https:// in ZEEBE_REST_ADDRESS.');
  });
});
