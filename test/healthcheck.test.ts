import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ListenAddress } from '../src/config/config.ts';
import { configOf, start } from './exporting.ts';
import { tls, webFolder } from './http/serving.ts';
import { freePort, httpServer, tcpServer } from './transport/loopback.ts';

const loopback = { host: '127.0.0.1', port: 0 };

/** Starts an exporter with a web configuration, and returns its URLs as written for the health check. */
async function exporter(lines?: readonly string[], listenAddresses: readonly ListenAddress[] = [loopback]) {
  const configFile = lines && (await webFolder(lines)).path;
  const web = { listenAddresses, telemetryPath: '/metrics', ...(configFile !== undefined && { configFile }) };
  const { scheme, addresses, stop } = await start(configOf([], { web }));
  return { urls: addresses.map((address) => `${scheme}://${address}`), stop };
}

/** Runs the health check of the image, and returns its exit code. */
async function healthcheck(urls: readonly string[]): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'healthcheck-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'addresses');
  await writeFile(file, urls.join('\n'));
  const child = spawn(process.execPath, ['src/healthcheck.ts'], { env: { HEALTHCHECK_FILE: file }, stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [code] = await once(child, 'exit');
  return code;
}

const clientCertificate = [...tls, '  client_auth_type: RequireAndVerifyClientCert', '  client_ca_file: ca.crt'];

describe('the health check succeeds', () => {
  it.each<{ readonly where: string; readonly lines?: readonly string[] }>([
    { where: 'over plain HTTP' },
    { where: 'over TLS', lines: tls },
    { where: 'if a client certificate is required', lines: clientCertificate },
    {
      where: 'if a client certificate is required over TLS 1.2',
      lines: [...clientCertificate, '  max_version: TLS12'],
    },
    { where: 'if a password is required', lines: ['basic_auth_users:', `  user: $2b$04$${'a'.repeat(53)}`] },
  ])('$where', async ({ lines }) => {
    expect(await healthcheck((await exporter(lines)).urls)).toBe(0);
  });

  it('for wildcard addresses and for several addresses', async () => {
    const { urls } = await exporter(undefined, [{ port: 0 }, { host: '0.0.0.0', port: 0 }, { host: '::1', port: 0 }]);
    expect(urls).toHaveLength(3);
    expect(await healthcheck(urls)).toBe(0);
  });
});

describe('the health check fails', () => {
  it('once the exporter has stopped', async () => {
    const { urls, stop } = await exporter();
    await stop();
    expect(await healthcheck(urls)).toBe(1);
  });

  it('if nothing listens on one of the addresses', async () => {
    const { urls } = await exporter();
    expect(await healthcheck([...urls, `http://127.0.0.1:${await freePort()}`])).toBe(1);
  });

  it.each([
    ['answers with 503', () => httpServer((_request, response) => response.writeHead(503).end())],
    ['closes the connection', async () => `http://127.0.0.1:${await tcpServer((socket) => socket.destroy())}`],
    [
      'closes the connection during the TLS handshake',
      async () => `https://127.0.0.1:${await tcpServer((socket) => socket.destroy())}`,
    ],
    [
      'does not speak TLS',
      async () => `https://127.0.0.1:${await tcpServer((socket) => socket.end('HTTP/1.1 400\r\n\r\n'))}`,
    ],
  ])('if the server %s', async (_what, listening) => {
    expect(await healthcheck([await listening()])).toBe(1);
  });
});
