import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';

const execute = promisify(execFile);
const written = 30_000;
const soon = { timeout: 30_000 };

/**
 * Writes 3 MB at once, and then its process id to a file. Exits once it has reported the lost lines, or on SIGTERM.
 */
const program = `
const [fd, sign] = process.argv.slice(1);
const { openOutput } = await import(${JSON.stringify(join(import.meta.dirname, '..', 'src', 'logger.ts'))});
const { renameSync, writeFileSync } = await import('node:fs');
process.on('SIGTERM', () => process.exit(0));
const write = openOutput(Number(fd), (lost) => {
  write('lost ' + lost + '\\n');
  process.exit(0);
});
for (let line = 0; line < ${written}; line++) write('line ' + line + ' ' + 'x'.repeat(90) + '\\n');
writeFileSync(sign + '.new', String(process.pid));
renameSync(sign + '.new', sign);
setInterval(() => {}, 1_000);
`;

type Fd = 1 | 2;
type Read = () => Promise<string>;
/** Starts a command. Its output is not read before the returned function is called. */
type Launch = (fd: Fd, command: readonly [string, ...string[]], folder: string) => Promise<Read>;

const kinds: Readonly<Record<string, Launch>> = {
  'a pipe, as used by a shell': (fd, command, folder) => toNamedPipe(`exec "$@" ${fd}>"$0"`, command, folder),
  'a terminal, as stopped by Ctrl-S': (_fd, command, folder) => {
    // script(1) runs the command with $SHELL, or with sh if that is not set, which does not understand bash's quoting.
    const script = 'SHELL=$BASH exec script --quiet --return --flush --command "$(printf "%q " "$@")" /dev/null >"$0"';
    return toNamedPipe(script, command, folder);
  },
  'a socket, as used by systemd': async (fd, [file, ...args]) => {
    const child = spawn(file, args, { stdio: ['ignore', fd === 1 ? 'pipe' : 'ignore', fd === 2 ? 'pipe' : 'ignore'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    return async () => text((child.stdout ?? child.stderr) as Readable);
  },
};

async function toNamedPipe(script: string, command: readonly string[], folder: string): Promise<Read> {
  const fifo = join(folder, 'fifo');
  await execute('mkfifo', [fifo]);
  // Kept open, so that opening the pipe for writing does not wait, and writing does not fail with EPIPE.
  const reader = await open(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  onTestFinished(() => reader.close());
  const child = spawn('bash', ['-c', script, fifo, ...command], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return async () => {
    const cat = spawn('cat', [fifo], { stdio: ['ignore', 'pipe', 'ignore'] });
    onTestFinished(() => void cat.kill('SIGKILL'));
    return text(cat.stdout);
  };
}

/** Starts the program, and waits until it has written its lines. */
async function start(launch: Launch, fd: Fd) {
  const folder = await mkdtemp(join(tmpdir(), 'output-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const sign = join(folder, 'sign');
  const command = [process.execPath, '--input-type=module', '--eval', program, String(fd), sign] as const;
  const read = await launch(fd, command, folder);
  await expect.poll(() => existsSync(sign), soon).toBe(true);
  const pid = Number(readFileSync(sign));
  onTestFinished(() => void signalTo(pid, 'SIGKILL'));
  return { pid, read };
}

/** Sends a signal, and returns whether the process exists. */
function signalTo(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

describe.each(Object.entries(kinds))('log output to %s', (_kind, launch) => {
  it('blocks neither the process nor its exit if it is not read', async () => {
    const { pid } = await start(launch, 2);
    expect(signalTo(pid, 'SIGTERM')).toBe(true);
    await expect.poll(() => isRunning(pid), soon).toBe(false);
  });

  it.each([
    1, 2,
  ] as const)('to file descriptor %i loses lines if it is not read, and reports how many once it is read again', async (fd) => {
    const { read } = await start(launch, fd);
    const all = await read();
    const lines = all.split(/\r?\n/).filter((line) => /^line \d+ x{90}$/.test(line));
    const [, lost] = /^lost (\d+)\r?$/m.exec(all) ?? [];
    expect(lines.length + Number(lost)).toBe(written);
    // 1 MiB is buffered.
    expect(lines.length).toBeGreaterThan(9_000);
  });
});

/** Returns false also for a zombie process, which has ended and was not waited for. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
