import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, vi } from 'vitest';

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

/** Generous, since the machine may be busy. */
const soon = { timeout: 30_000, interval: 50 };

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Starts the exporter with a configuration file as a separate process, and stops it at the end of the test. */
export async function runExporter(file: string, { descriptors }: { readonly descriptors?: number } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'clients-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'exporter.yml');
  writeFileSync(path, file);
  const limit = descriptors === undefined ? '' : `ulimit -n ${descriptors} && `;
  const command = [process.execPath, main, `--config.file=${path}`, '--web.listen-address=127.0.0.1:0'];
  const child = spawn('sh', ['-c', `${limit}exec "$@"`, 'sh', ...command, '--log.format=json'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH, no_proxy: '*' },
  });
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    log += chunk;
  });
  const port = await vi.waitFor(() => {
    const [, found] = /"listening on 127\.0\.0\.1:(\d+)"/.exec(log) ?? [];
    expect(found, log).toBeDefined();
    return Number(found);
  }, soon);
  const own = join('/proc', String(child.pid));

  /** Sends a request over a new connection. */
  const ask = async (path: string, { method = 'GET', headers = {}, from = '127.0.0.2' } = {}): Promise<Answer> => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from });
    socket.write(request(path, method, { connection: 'close', ...headers }));
    const answer = await text(socket);
    return { status: Number(answer.slice(9, 12)), body: answer.slice(answer.indexOf('\r\n\r\n') + 4) };
  };
  await vi.waitFor(async () => expect((await ask('/-/ready')).status).toBe(200), soon);
  return {
    port,
    ask,
    log: () => log,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    /** Returns the peak resident memory in bytes. */
    peakMemory: () => 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(join(own, 'status'), 'utf8'))?.[1]),
    openDescriptors: () => readdirSync(join(own, 'fd')).length,
  };
}

export function request(path: string, method = 'GET', headers: Readonly<Record<string, string>> = {}): string {
  const lines = Object.entries({ host: '127.0.0.1', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** Opens connections from 127.0.0.1 that send bytes and read nothing. Some of them may be closed by the exporter. */
export async function hold(count: number, port: number, sent: string): Promise<readonly Socket[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect(port, '127.0.0.1');
      onTestFinished(() => void socket.destroy());
      socket.on('error', () => {});
      socket.pause();
      await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
      socket.write(sent);
      return socket;
    }),
  );
}
