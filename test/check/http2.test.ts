import { createSecureServer } from 'node:http2';
import { createServer as createTcpServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { connect } from '../../src/cluster/connection.ts';
import { neverAborted } from '../auth/asking.ts';
import { fileWith } from '../config/loading.ts';
import { told } from '../failure-texts.ts';
import { clusterConfig } from '../polls.ts';
import { loopbackCertificate } from '../simulator/loopback-certificate.ts';
import { listen } from '../transport/loopback.ts';
import { withoutProxy } from '../transport/without-proxy.ts';
import { check, cluster } from './checking.ts';

beforeEach(withoutProxy);

const topology = '{"clusterSize":1,"partitionsCount":1,"replicationFactor":1,"brokers":[]}';
const ca = loopbackCertificate.cert;
const files = { 'conf/ca.pem': ca };

/** Refuses a handshake in which HTTP/2 is not offered. */
function http2Server() {
  return createSecureServer(loopbackCertificate, (_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(topology);
  });
}

/** Shakes hands also where HTTP/2 is not offered, and speaks it all the same. */
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

describe('a cluster that speaks only HTTP/2', () => {
  const diagnosis = ['The cluster speaks only HTTP/2, and is asked by HTTP/1.1.', 'Set enable_http2: true.'];

  it('is told as such where it refuses a handshake without it', async () => {
    const { trouble, text } = await checkAt(await listen(http2Server()));
    expect(trouble).toEqual(['TLS of the cluster', ...diagnosis]);
    expect(text).not.toContain('http://');
  });

  it('is told as such where it takes such a handshake', async () => {
    const { trouble, text } = await checkAt(await listen(stubbornServer()));
    expect(trouble).toEqual(['Topology', ...diagnosis]);
    expect(text).not.toContain('http://');
  });

  it('is told as such where it is set by variables, of which none sets it', async () => {
    const { trouble } = await check({
      env: {
        ZEEBE_REST_ADDRESS: `https://127.0.0.1:${await listen(http2Server())}`,
        CAMUNDA_CA_CERTIFICATE_PATH: 'conf/ca.pem',
      },
      files,
    });
    expect(trouble.at(-1)).toBe('Set enable_http2: true in a configuration file (no variable sets it).');
  });

  it.each([
    ['refuses', http2Server],
    ['takes', stubbornServer],
  ])('can be polled with the setting, where it %s a handshake without it', async (_, server) => {
    const { text, exitCode } = await checkAt(await listen(server()), 'enable_http2: true');
    expect(text).toContain('✓ TLS of the cluster: TLSv1.3\n');
    expect(exitCode).toBe(0);
  });

  it('has a failed poll that names the setting', async () => {
    const address = new URL(`https://127.0.0.1:${await listen(http2Server())}/`);
    const transport = { tls: { ca, insecureSkipVerify: false }, enableHttp2: false };
    const { poll, close } = connect(clusterConfig({ address, transport }), systemClock);
    const { outcome } = await poll(neverAborted);
    await close();
    expect(!outcome.ok && told(outcome.failure)).toMatchObject({
      reason: 'tls',
      remedy: 'the cluster speaks only HTTP/2: set enable_http2 to true',
    });
  });
});

it('a cluster that speaks both, and hangs up, is not taken for one that speaks only HTTP/2', async () => {
  const server = createSecureServer({ ...loopbackCertificate, allowHTTP1: true }, ({ socket }) => socket.destroy());
  const { trouble } = await checkAt(await listen(server));
  expect(trouble[1]).toMatch(/^The connection came about, but what answers does not speak HTTP, or hangs up/);
});

it('an identity provider that speaks only HTTP/2 has no such setting', async () => {
  const { address } = await cluster();
  const port = await listen(http2Server());
  const oauth2 =
    `oauth2: { client_id: a, client_secret: b, token_url: 'https://127.0.0.1:${port}/token', ` +
    'tls_config: { ca_file: ca.pem } }';
  const { trouble } = await check({ file: fileWith(oauth2).replace('http://zeebe:8080', address.href), files });
  expect(trouble).toEqual([
    'TLS of the identity provider',
    'The identity provider speaks only HTTP/2, and is asked by HTTP/1.1.',
    'Let the identity provider, or what stands in front of it at oauth2.token_url, speak HTTP/1.1 too.',
  ]);
});
