import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { ImageConfig } from './buildah.ts';

/*
 * Does what a container runtime does, as far as this machine allows it: the image's files as a read-only root, its user and
 * its environment, and the command as process 1 of a PID namespace. The network is that of the machine. /dev/shm is writable
 * and shared by all commands of an image.
 */
const enter = `
mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" || exit 125
mkdir -p "$1.shm" && chmod 1777 "$1.shm" && mount --bind "$1.shm" "$1/dev/shm" || exit 125
root=$1 user=$2 folder=$3; shift 3
exec chroot --userspec="$user" "$root" "$@"
`;

export interface Container {
  readonly stdout: Promise<string>;
  readonly stderr: () => string;
  readonly signal: (name: NodeJS.Signals) => void;
  readonly exitCode: Promise<number | null>;
}

/** Runs a command in the files of an image, with the environment of the image and the caller alone. */
export function run(
  files: string,
  config: ImageConfig,
  command: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Container {
  const { User, WorkingDir, Env } = config;
  const own = Object.fromEntries(Env.map((entry) => entry.split(/=(.*)/s).slice(0, 2)));
  const unshare = ['--fork', '--pid', '--mount', '--kill-child', 'sh', '-c', enter, 'enter', files, User, WorkingDir];
  const child = spawn('unshare', [...unshare, ...command], {
    env: { ...own, PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return {
    stdout: text(child.stdout),
    stderr: () => stderr,
    signal: (name) => signalGroup(child, name),
    exitCode: once(child, 'exit').then(([code]) => code),
  };
}

/**
 * Signals the process group: `unshare` ignores SIGTERM and waits for its child, which handles it. SIGUSR1 ends `unshare`
 * alone, and `--kill-child` has no effect on a child that has changed its user, so the group may outlive its first process.
 */
function signalGroup({ pid }: ChildProcess, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
