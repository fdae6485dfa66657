import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { until } from './until.ts';

/** A place for one system: a folder for its data, and a log beside it that outlives the data. */
export interface Place {
  readonly data: string;
  readonly log: string;
}

export async function place(name: string): Promise<Place> {
  const runFolder = inject('runFolder');
  const data = await mkdtemp(join(runFolder, `${name}-`));
  return { data, log: `${data}.log` };
}

export interface Running {
  readonly exited: Promise<Exit>;
  /** What the process has written to its standard output and standard error so far. */
  output(): string;
  signal(signal: NodeJS.Signals): void;
  /** To the process alone, not to those that it has started. */
  signalLeader(signal: NodeJS.Signals): void;
  /** SIGTERM, and SIGKILL where that does not end it. Does nothing to a process that has ended. */
  stop(): Promise<void>;
}

export interface Exit {
  /** null where a signal ended the process. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const patience = 15_000;

/** Starts a process in a group of its own, with the given environment and nothing else of ours but PATH. */
export function start(
  { data, log }: Place,
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
  const stopGuarding = guard(pid, data);
  const exited = exit(child).finally(stopGuarding);
  return {
    exited,
    output: () => readFileSync(log).subarray(begin).toString(),
    signal,
    signalLeader: (name) => void child.kill(name),
    async stop() {
      signal('SIGTERM');
      const impatience = setTimeout(() => signal('SIGKILL'), patience);
      await exited;
      clearTimeout(impatience);
    },
  };
}

async function exit(child: ChildProcess): Promise<Exit> {
  await once(child, 'exit');
  return { code: child.exitCode, signal: child.signalCode };
}

/**
 * A shell that sees by the end of its standard input that this process is gone, however it went, and then ends what it
 * has left behind.
 */
function guard(pid: number, data: string): () => void {
  const script = 'cat; kill -s TERM -- "-$0"; sleep 5; kill -s KILL -- "-$0"; rm -rf -- "$1"';
  const shell = spawn('sh', ['-c', script, String(pid), data], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  shell.unref();
  return () => shell.kill('SIGKILL');
}

/** Waits for a sign of life; a process that ends instead, or gives none, fails with the tail of its log. */
export async function alive(name: string, running: Running, deadline: number, sign: () => unknown): Promise<void> {
  try {
    await Promise.race([
      until(`${name} is up`, deadline, sign),
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
