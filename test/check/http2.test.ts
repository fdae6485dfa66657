import { createSecureServer } from 'node:http2';
import { createServer as createTcpServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { beforeEach, describe, expect, it } from 'vitest';
import { pollOf } from '../auth/poll-of.ts';
import { fileWith } from '../config/loading.ts';
import { told } from '../failure-texts.ts';
import { loopbackCertificate } from '../simulator/loopback-certificate.ts';
import { listen } from '../transport/loopback.ts';
import { withoutProxy } from '../transport/without-proxy.ts';
import { check, cluster } from './checking.ts';

beforeEach(withoutProxy);

const topology = '{"clusterSize":1,"partitionsCount":1,"replicationFactor":1,"brokers":[]}';
const ca = loopbackCertificate.cert;
const files = { 'conf/ca.pem': ca };

/** Rejects a handshake that does not offer HTTP/2. */
function http2Server() {
  return createSecureServer(loopbackCertificate, (_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(topology);
  });
}

/** Accepts a handshake that does not offer HTTP/2, and then speaks HTTP/2 all the same. */
function stubbornServer() {
  const http2 = http2Server();
  const settings = Buffer.from('000000040000000000', 'hex');
  const other = createTlsServer(loopbackCertificate, (socket) => socket.on('error', () => {}).end(settings));
  return createTcpServer((socket) => {
    socket
      .on('error', () => {})
      .once('readable', () => {
        const hello = socket.read() ?? Buffer.of();
        socket.unshift(hello);
        (hello.includes('\x02h2') ? http2 : other).emit('connection', socket);
      });
  });
}

async function checkAt(port: number, ...lines: readonly string[]) {
  const file = fileWith('tls_config: { ca_file: ca.pem }', ...lines);
  return check({ file: file.replace('http://zeebe:8080', `https://127.0.0.1:${port}`), files });
}

describe('check: a cluster that supports only HTTP/2', () => {
  const diagnosis = ['The cluster supports only HTTP/2, but the exporter uses HTTP/1.1.', 'Set enable_http2 to true.'];

  it('is recognized if it rejects a handshake without HTTP/2', async () => {
    const { failedStep, text } = await checkAt(await listen(http2Server()));
    expect(failedStep).toEqual(['TLS of the cluster', ...diagnosis]);
    expect(text).not.toContain('http://');
  });

  it('is recognized if it accepts a handshake without HTTP/2', async () => {
    const { failedStep, text } = await checkAt(await listen(stubbornServer()));
    expect(failedStep).toEqual(['Topology', ...diagnosis]);
    expect(text).not.toContain('http://');
  });

  it('needs a configuration file, since no variable enables HTTP/2', async () => {
    const { failedStep } = await check({
      env: {
        ZEEBE_REST_ADDRESS: `https://127.0.0.1:${await listen(http2Server())}`,
        CAMUNDA_CA_CERTIFICATE_PATH: 'conf/ca.pem',
      },
      files,
    });
    expect(failedStep.at(-1)).toBe('Set enable_http2 in a configuration file (no variable sets it) to true.');
  });

  it.each([
    ['rejects', http2Server],
    ['accepts', stubbornServer],
  ])('can be polled with enable_http2 if it %s a handshake without HTTP/2', async (_, server) => {
    const { text, exitCode } = await checkAt(await listen(server()), 'enable_http2: true');
    expect(text).toContain('✓ TLS of the cluster: TLSv1.3\n');
    expect(exitCode).toBe(0);
  });

  it('makes polls fail with a remedy that names enable_http2', async () => {
    const address = new URL(`https://127.0.0.1:${await listen(http2Server())}/`);
    const transport = { tls: { ca, insecureSkipVerify: false }, enableHttp2: false };
    const { outcome } = await pollOf({ address, transport })();
    if (outcome.ok) throw new Error('a failed poll was expected');
    expect(told(outcome.failure)).toMatchObject({
      reason: 'tls',
      remedy: 'the cluster speaks only HTTP/2: set enable_http2 to true',
    });
  });
});

it('check: a cluster that supports both versions and closes the connection is not reported as one that supports only HTTP/2', async () => {
  const server = createSecureServer({ ...loopbackCertificate, allowHTTP1: true }, ({ socket }) => socket.destroy());
  const { failedStep } = await checkAt(await listen(server));
  expect(failedStep[1]).toMatch(/^The peer closed the connection or did not answer with HTTP/);
});

it('check: an identity provider that supports only HTTP/2 has to enable HTTP/1.1', async () => {
  const { address } = await cluster();
  const port = await listen(http2Server());
  const oauth2 =
    `oauth2: { client_id: a, client_secret: b, token_url: 'https://127.0.0.1:${port}/token', ` +
    'tls_config: { ca_file: ca.pem } }';
  const { failedStep } = await check({ file: fileWith(oauth2).replace('http://zeebe:8080', address.href), files });
  expect(failedStep).toEqual([
    'TLS of the identity provider',
    'The identity provider supports only HTTP/2, but the exporter uses HTTP/1.1.',
    'Enable HTTP/1.1 on the identity provider, or on the reverse proxy in front of it (oauth2.token_url).',
  ]);
});
