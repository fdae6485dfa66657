import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { clusterEndpoint } from '../../src/check/check-target.ts';
import { connectionTrouble, handshakeTrouble } from '../../src/check/diagnose-connection.ts';
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

describe('the way to the cluster', () => {
  it('is wrong where the name is that of no host', async () => {
    // Too long for a name, so that no name server is asked.
    const host = `${'a'.repeat(64)}.example.com`;
    const { exitCode, trouble } = await check({ env: { ZEEBE_REST_ADDRESS: `http://${host}:8080` } });
    expect(exitCode).toBe(1);
    expect(trouble).toEqual([
      'Connection to the cluster',
      `There is no host ${host}: the name service (DNS) of this machine does not know it.`,
      'Correct the host in ZEEBE_REST_ADDRESS, or the DNS of this machine.',
    ]);
  });

  it('is unknown where the name service is silent', () => {
    const error = Object.assign(new Error('getaddrinfo EAI_AGAIN zeebe'), { code: 'EAI_AGAIN' });
    expect(connectionTrouble(error, endpointOf('http://zeebe'))).toEqual({
      problem: 'The name service (DNS) does not answer, so the address of zeebe is not known.',
      change: 'Check the network and DNS of this machine; the host stands in address.',
    });
  });

  it('may be closed by a firewall', () => {
    const error = new DOMException('no whole answer within 10 s', 'TimeoutError');
    expect(connectionTrouble(error, endpointOf('https://zeebe'))).toEqual({
      problem: 'zeebe does not answer on port 443: a firewall may be in between.',
      change: 'Check host and port in address, and whether this machine may connect to it.',
    });
  });

  it('is closed where nothing listens; the file’s key is named, or the variable', async () => {
    const port = await closedPort();
    const problem = `Nothing listens on port ${port} of 127.0.0.1.`;
    const hint = 'In a container, 127.0.0.1 is the container itself.';
    const inFile = await check({ file: fileFor(`http://127.0.0.1:${port}`) });
    expect(inFile.trouble).toEqual([
      'Connection to the cluster',
      problem,
      `Start the cluster, or correct host and port in address. ${hint}`,
    ]);
    const fromEnvironment = await check({ env: { CAMUNDA_REST_ADDRESS: `http://127.0.0.1:${port}` } });
    expect(fromEnvironment.trouble).toEqual([
      'Connection to the cluster',
      problem,
      `Start the cluster, or correct host and port in CAMUNDA_REST_ADDRESS. ${hint}`,
    ]);
  });

  it('may lead nowhere, or to the container itself', () => {
    const error = Object.assign(new Error('connect EHOSTUNREACH 10.0.0.1:8080'), { code: 'EHOSTUNREACH' });
    const told = (address: string) => connectionTrouble(error, endpointOf(address));
    expect(told('http://zeebe:8080')).toEqual({
      problem: 'zeebe cannot be reached on port 8080: connect EHOSTUNREACH 10.0.0.1:8080.',
      change: 'Start the cluster, or correct host and port in address.',
    });
    for (const host of ['localhost', '127.0.0.1', '[::1]']) {
      const name = host.replace(/[[\]]/g, '');
      expect(told(`http://${host}`).change).toBe(
        `Start the cluster, or correct host and port in address. In a container, ${name} is the container itself.`,
      );
    }
  });

  it('ends where the identity provider cannot be reached, and says whose address that is', async () => {
    const port = await closedPort();
    const { address } = await cluster();
    const { trouble } = await check({ env: oauthEnv(address, `http://127.0.0.1:${port}/token`) });
    expect(trouble).toEqual([
      'Connection to the identity provider',
      `Nothing listens on port ${port} of 127.0.0.1.`,
      'Start the identity provider, or correct host and port in CAMUNDA_OAUTH_URL. ' +
        'In a container, 127.0.0.1 is the container itself.',
    ]);
  });

  it('is not tried where a proxy is in force, and the poll goes through that proxy', async () => {
    const asked: string[] = [];
    const proxy = await httpServer((request, response) => {
      asked.push(request.url ?? '');
      response.setHeader('content-type', 'application/json').end('{"clusterSize":1,"brokers":[]}');
    });
    const file = fileFor('http://zeebe.example.com', `proxy_url: ${proxy}`);
    const { text, exitCode } = await check({ file });
    const { host } = new URL(proxy);
    expect(text).toContain(`  - Connection to the cluster: requests go through the proxy ${host} of proxy_url\n`);
    expect(text).toContain(`  - TLS of the cluster: requests go through the proxy ${host} of proxy_url\n`);
    expect(asked).toEqual(['http://zeebe.example.com/v1/topology']);
    expect(exitCode).toBe(0);
  });

  it('heeds the proxy of the environment, and NO_PROXY', async () => {
    const port = await closedPort();
    vi.stubEnv('HTTP_PROXY', `http://127.0.0.1:${port}`);
    const { address } = await cluster();
    const env = { ZEEBE_REST_ADDRESS: address.href };
    const proxied = await check({ env });
    expect(proxied.text).toContain(`the cluster: requests go through the proxy 127.0.0.1:${port} of HTTP_PROXY\n`);
    expect(proxied.exitCode).toBe(1);
    vi.stubEnv('NO_PROXY', '127.0.0.1');
    const direct = await check({ env });
    expect(direct.text).toContain('✓ Connection to the cluster: 127.0.0.1, port');
    expect(direct.exitCode).toBe(0);
  });
});

describe('TLS', () => {
  it('tells issuer and expiry of a certificate of a private CA that is trusted', async () => {
    const { address } = await cluster({ tls: loopbackCertificate });
    const file = fileFor(address.href, 'tls_config:', '  ca_file: ca.pem');
    const { text, exitCode } = await check({ file, files: { 'conf/ca.pem': cert } });
    expect(exitCode).toBe(0);
    expect(text).toMatch(/✓ TLS of the cluster: TLSv1\.3\n {6}certificate {2}localhost\n {6}issued by {4}localhost\n/);
    expect(text).toMatch(/ {6}expires {6}2126-10-30, in \d+ days\n/);
  });

  it('says that a private CA is not trusted, and where to name it', async () => {
    const { address } = await cluster({ tls: loopbackCertificate });
    const { trouble, text } = await check({ file: fileFor(address.href) });
    expect(trouble).toContain(
      'The certificate of 127.0.0.1 (localhost) comes from a private authority: this machine does not know localhost.',
    );
    expect(trouble.at(-1)).toBe('Name a file with the certificate of localhost (PEM) in tls_config.ca_file.');
    expect(text).toContain('      issued by    localhost\n');
    const { trouble: withoutFile } = await check({ env: { ZEEBE_REST_ADDRESS: address.href } });
    expect(withoutFile.at(-1)).toBe(
      'Name a file with the certificate of localhost (PEM) in CAMUNDA_CA_CERTIFICATE_PATH.',
    );
  });

  it('says so where the authority is not in the file', async () => {
    const { address } = await cluster({ tls: loopbackCertificate });
    const file = fileFor(address.href, 'tls_config:', '  ca_file: ca.pem');
    const { trouble } = await check({ file, files: { 'conf/ca.pem': expiredCertificate.cert } });
    expect(trouble).toContain(
      'The certificate of 127.0.0.1 (localhost) comes from localhost, which is not in the file of tls_config.ca_file.',
    );
  });

  it('goes on with a certificate that is not verified, and says that', async () => {
    const { address } = await cluster({ tls: loopbackCertificate });
    const { text, exitCode } = await check({
      file: fileFor(address.href, 'tls_config:', '  insecure_skip_verify: true'),
    });
    expect(text).toContain('✓ TLS of the cluster: TLSv1.3, the certificate is not verified\n');
    expect(exitCode).toBe(0);
  });

  it('names the settings of the identity provider where its CA is private', async () => {
    const { address } = await cluster();
    const identity = await provider({ tls: loopbackCertificate });
    const { trouble } = await check({
      file: fileFor(
        address.href,
        `oauth2: { client_id: exporter, client_secret: ${client.clientSecret}, token_url: '${identity.tokenUrl}' }`,
      ),
    });
    expect(trouble[0]).toMatch(/^TLS of the identity provider/);
    expect(trouble.at(-1)).toBe('Name a file with the certificate of localhost (PEM) in oauth2.tls_config.ca_file.');
  });

  it('says when the certificate has expired', async () => {
    const { address } = await cluster({ tls: expiredCertificate });
    const file = fileFor(address.href, 'tls_config:', '  ca_file: ca.pem');
    const { trouble } = await check({ file, files: { 'conf/ca.pem': expiredCertificate.cert } });
    expect(trouble).toContain('The certificate of 127.0.0.1 expired on 2021-02-03.');
    expect(trouble).toContain('expires      2021-02-03, has expired');
    expect(trouble.at(-1)).toBe(
      "Renew it on the server. The address stands in address; this machine's clock must be right, too.",
    );
  });

  it('says which names the certificate is for', async () => {
    const { address } = await cluster({ tls: loopbackCertificate, host: '127.0.0.2' });
    const file = fileFor(address.href, 'tls_config:', '  ca_file: ca.pem');
    const { trouble } = await check({ file, files: { 'conf/ca.pem': cert } });
    expect(trouble).toContain('The certificate is for localhost, 127.0.0.1, not for 127.0.0.2.');
    expect(trouble.at(-1)).toBe('Write one of its names in address, or set tls_config.server_name to one of them.');
  });

  it('says that https:// meets a port that is not encrypted', async () => {
    const { address } = await cluster();
    const { trouble } = await check({ file: fileFor(`https://${address.host}`) });
    expect(trouble[0]).toBe('TLS of the cluster');
    expect(trouble[1]).toMatch(
      /^The cluster does not speak TLS, as https:\/\/ asks for, on port \d+ of 127\.0\.0\.1 \(.*\)\.$/,
    );
    expect(trouble[2]).toBe('If it is not encrypted, write http:// in address; else correct the port there.');
  });

  it('says that a port is open and silent', async () => {
    const port = await listen(createServer());
    const { trouble } = await check({ file: fileFor(`https://127.0.0.1:${port}`, 'poll_timeout: 300ms') });
    expect(trouble).toEqual([
      'TLS of the cluster',
      `Port ${port} of 127.0.0.1 is open, but does not begin an encrypted connection.`,
      'Check host and port in address, and what listens there.',
    ]);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('says that the cluster wants a client certificate (%s)', async (version) => {
    const address = await httpsServer(
      { ...loopbackCertificate, ca: cert, requestCert: true, minVersion: version, maxVersion: version },
      (_request, response) => response.end(),
    );
    const file = fileFor(address, 'tls_config:', '  ca_file: ca.pem');
    const { trouble } = await check({ file, files: { 'conf/ca.pem': cert } });
    expect(trouble.slice(-2)).toEqual([
      'The cluster breaks off the encrypted connection: it wants to see a client certificate.',
      'Name a certificate and its key in tls_config.cert_file and tls_config.key_file.',
    ]);
  });

  it('says it also where a server answers that in words', async () => {
    const address = await httpServer((_request, response) => {
      response.writeHead(400, { 'content-type': 'text/html' });
      response.end('<title>400 No required SSL certificate was sent</title>');
    });
    const { trouble } = await check({ file: fileFor(address) });
    expect(trouble.at(-1)).toBe('Name a certificate and its key in tls_config.cert_file and tls_config.key_file.');
  });

  it('says that the versions of TLS do not meet', async () => {
    const address = await httpsServer({ ...loopbackCertificate, maxVersion: 'TLSv1.2' }, (_request, response) =>
      response.end(),
    );
    const file = fileFor(address, 'tls_config: { ca_file: ca.pem, min_version: TLS13 }');
    const { trouble } = await check({ file, files: { 'conf/ca.pem': cert } });
    expect(trouble).toEqual([
      'TLS of the cluster',
      expect.stringMatching(/^The cluster speaks only versions of TLS that are not accepted here: .*protocol/),
      'Update the cluster, or allow its version in tls_config.min_version: without that it is TLS12 or newer.',
    ]);
  });

  it('says that the cluster does not accept the client certificate', () => {
    const lines = ['tls_config: { cert_file: cert.pem, key_file: key.pem }'];
    const files = { 'conf/cert.pem': cert, 'conf/key.pem': loopbackCertificate.key };
    const error = new Error('SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca');
    expect(handshakeTrouble(error, endpointOf('https://zeebe', lines, files))).toEqual({
      problem: 'The cluster does not accept the client certificate of tls_config.cert_file.',
      change:
        'Name one in tls_config.cert_file and tls_config.key_file that comes from an authority which the cluster trusts.',
    });
  });

  it('says that http:// meets a port that is encrypted', async () => {
    const { address } = await cluster({ tls: loopbackCertificate });
    const { trouble } = await check({ file: fileFor(`http://${address.host}`) });
    expect(trouble).toEqual([
      'Topology',
      'The cluster wants an encrypted connection (TLS), and the address begins with http://.',
      'Write https:// in address.',
    ]);
  });

  it('says that also where a server answers it in words', async () => {
    const address = await httpServer((_request, response) => {
      response.writeHead(400, { 'content-type': 'text/html' });
      response.end('<title>400 The plain HTTP request was sent to HTTPS port</title>');
    });
    const { trouble } = await check({ env: { ZEEBE_REST_ADDRESS: address } });
    expect(trouble.at(-1)).toBe('Write https:// in ZEEBE_REST_ADDRESS.');
  });
});
