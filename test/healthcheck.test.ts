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

/** Where an exporter with that web configuration listens, as it is written for the health check. */
async function exporter(lines?: readonly string[], listenAddresses: readonly ListenAddress[] = [loopback]) {
  const configFile = lines && (await webFolder(lines)).path;
  const web = { listenAddresses, telemetryPath: '/metrics', ...(configFile !== undefined && { configFile }) };
  const { scheme, addresses, stop } = await start(configOf([], { web }));
  return { urls: addresses.map((address) => `${scheme}://${address}`), stop };
}

/** The exit code of the image's health check. */
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

describe('an exporter is healthy', () => {
  it.each<{ readonly where: string; readonly lines?: readonly string[] }>([
    { where: 'over plain HTTP' },
    { where: 'over TLS', lines: tls },
    { where: 'where it asks for a client certificate', lines: clientCertificate },
    { where: 'where it asks for one over TLS 1.2', lines: [...clientCertificate, '  max_version: TLS12'] },
    { where: 'where it asks for a password', lines: ['basic_auth_users:', `  user: $2b$04$${'a'.repeat(53)}`] },
  ])('$where', async ({ lines }) => {
    expect(await healthcheck((await exporter(lines)).urls)).toBe(0);
  });

  it('on every address of the machine, and on several', async () => {
    const { urls } = await exporter(undefined, [{ port: 0 }, { host: '0.0.0.0', port: 0 }, { host: '::1', port: 0 }]);
    expect(urls).toHaveLength(3);
    expect(await healthcheck(urls)).toBe(0);
  });
});

describe('an exporter is not healthy', () => {
  it('once it has stopped', async () => {
    const { urls, stop } = await exporter();
    await stop();
    expect(await healthcheck(urls)).toBe(1);
  });

  it('where it does not serve on one of its addresses', async () => {
    const { urls } = await exporter();
    expect(await healthcheck([...urls, `http://127.0.0.1:${await freePort()}`])).toBe(1);
  });

  it.each([
    ['answers with an error', () => httpServer((_request, response) => response.writeHead(503).end())],
    ['hangs up', async () => `http://127.0.0.1:${await tcpServer((socket) => socket.destroy())}`],
    [
      'hangs up before the end of a handshake',
      async () => `https://127.0.0.1:${await tcpServer((socket) => socket.destroy())}`,
    ],
    [
      'does not speak TLS',
      async () => `https://127.0.0.1:${await tcpServer((socket) => socket.end('HTTP/1.1 400\r\n\r\n'))}`,
    ],
  ])('where what listens %s', async (_what, listening) => {
    expect(await healthcheck([await listening()])).toBe(1);
  });
});
