import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { until } from './until.ts';

/** A folder for the data of one system, and its log file beside that, which is kept after the run. */
export interface SystemFolder {
  readonly data: string;
  readonly log: string;
}

export async function createSystemFolder(name: string): Promise<SystemFolder> {
  const runFolder = inject('runFolder');
  const data = await mkdtemp(join(runFolder, `${name}-`));
  return { data, log: `${data}.log` };
}

export interface Running {
  readonly exited: Promise<Exit>;
  /** What the process has written to its standard output and standard error so far. */
  readonly output: () => string;
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Signals the process alone, not those that it has started. */
  readonly signalLeader: (signal: NodeJS.Signals) => void;
  /** Sends SIGTERM, and SIGKILL if the process does not end. Does nothing if it has ended. */
  readonly stop: () => Promise<void>;
}

export interface Exit {
  /** null if a signal ended the process. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const stopTimeout = 15_000;

/** Starts a process in its own process group, with the given environment and PATH alone. */
export function start(
  { data, log }: SystemFolder,
  [command, ...args]: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>> = {},
): Running {
  const file = openSync(log, 'a');
  const begin = readFileSync(log).length;
  const child = spawn(command, args, {
    cwd: data,
    env: { PATH: process.env.PATH, HOME: data, LANG: 'C.UTF-8', ...environment },
    stdio: ['ignore', file, file],
    detached: true,
  });
  closeSync(file);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command} could not be started`);
  const signal = (name: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-pid, name);
  };
  const stopWatchdog = startWatchdog(pid, data);
  const exited = exit(child).finally(stopWatchdog);
  return {
    exited,
    output: () => readFileSync(log).subarray(begin).toString(),
    signal,
    signalLeader: (name) => void child.kill(name),
    async stop() {
      signal('SIGTERM');
      const killTimer = setTimeout(() => signal('SIGKILL'), stopTimeout);
      await exited;
      clearTimeout(killTimer);
    },
  };
}

async function exit(child: ChildProcess): Promise<Exit> {
  await once(child, 'exit');
  return { code: child.exitCode, signal: child.signalCode };
}

/**
 * Starts a shell that ends the process group and removes its data once this process has ended, which closes the shell's
 * standard input.
 */
function startWatchdog(pid: number, data: string): () => void {
  const script = 'cat; kill -s TERM -- "-$0"; sleep 5; kill -s KILL -- "-$0"; rm -rf -- "$1"';
  const shell = spawn('sh', ['-c', script, String(pid), data], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  shell.unref();
  return () => shell.kill('SIGKILL');
}

/** Waits until `isUp` does not throw. Rejects with the end of the log if the process ends or the deadline passes. */
export async function untilUp(name: string, running: Running, deadline: number, isUp: () => unknown): Promise<void> {
  try {
    await Promise.race([
      until(`${name} is up`, deadline, isUp),
      running.exited.then(({ code, signal }) => {
        throw new Error(`${name} ended instead of coming up: ${signal ?? `exit code ${code}`}`);
      }),
    ]);
  } catch (cause) {
    await running.stop();
    const tail = running.output().split('\n').slice(-40).join('\n');
    throw new Error(`${name} did not start. The end of its log:\n${tail}`, { cause });
  }
}
