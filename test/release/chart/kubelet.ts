import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { onTestFailed, onTestFinished } from 'vitest';
import { command as entryPoint } from '../../e2e/exporter.ts';
import { mounted, temporaryFolder } from '../../mounted.ts';
import type { PodSpec, Rendered, Volume } from './rendered.ts';

const execute = promisify(execFile);
const configFolder = '/etc/zeebe-topology-exporter';

type Content = Readonly<Record<string, string>>;

/** Secrets and ConfigMaps that the chart does not create itself, by name. */
export type Objects = Readonly<Record<string, Content>>;

export interface LaidOutContainer {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Changes the mounted files of a Secret or ConfigMap as kubelet does. */
  readonly change: (name: string, content: Content) => Promise<void>;
}

/**
 * Lays out the files of a rendered pod as kubelet does, but in a temporary folder instead of the mount path of the chart.
 * Paths in arguments and in the chart's own files are changed accordingly.
 */
export async function layOut(rendered: Rendered, objects: Objects): Promise<LaidOutContainer> {
  const root = await temporaryFolder();
  const moved = (text: string) => text.replaceAll(configFolder, root);
  const own = rendered.find('Secret');
  const contentOf = (name: string): Content => {
    const content = name === own?.metadata.name ? decoded(own.data) : objects[name];
    if (!content) throw new Error(`expected a Secret or ConfigMap ${name}`);
    return content;
  };
  const { containers, volumes = [] } = rendered.template.spec;
  const [{ args, env = [], volumeMounts = [] }] = containers;
  const swaps = new Map<string, (content: Content) => Promise<void>>();

  for (const { name, mountPath } of volumeMounts.filter((mount) => mount.mountPath.startsWith(configFolder))) {
    const { source, items } = sourceOf(volumes, name);
    const projected = (content: Content) => {
      const files = items ?? Object.keys(content).map((key) => ({ key, path: key }));
      return Object.fromEntries(files.map(({ key, path }) => [path, moved(keyOf(content, key, source))]));
    };
    const volume = await mounted(projected(contentOf(source)));
    const at = moved(mountPath);
    await mkdir(dirname(at), { recursive: true });
    await symlink(volume.folder, at);
    swaps.set(source, (content) => volume.swap(projected(content)));
  }

  return {
    args: args.map(moved),
    environment: Object.fromEntries(
      env.map(({ name, value, valueFrom }) => [name, value ?? fieldOf(rendered, valueFrom?.fieldRef?.fieldPath)]),
    ),
    async change(name, content) {
      const swap = swaps.get(name);
      if (!swap) throw new Error(`expected ${name} among what is mounted`);
      await swap(content);
    },
  };
}

/** Returns the files in the data of a Secret. */
function decoded(data: Content = {}): Content {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));
}

/** Returns a field of the first pod of the workload, as the downward API does. */
function fieldOf({ workload: { metadata } }: Rendered, path: string | undefined): string {
  switch (path) {
    case 'metadata.name':
      return `${metadata.name}-0`;
    case 'metadata.namespace':
      return metadata.namespace ?? 'default';
    default:
      throw new Error(`expected a variable with a value or a field of the pod, found ${path}`);
  }
}

function sourceOf(volumes: readonly Volume[], name: string) {
  const { secret, configMap } = volumes.find((volume) => volume.name === name) ?? {};
  const source = secret?.secretName ?? configMap?.name;
  if (source === undefined) throw new Error(`expected a volume ${name}`);
  return { source, items: secret?.items ?? configMap?.items };
}

/** Throws if the key is missing, since the pod would not start. */
function keyOf(content: Content, key: string, source: string): string {
  const value = content[key];
  if (value === undefined) throw new Error(`expected a key ${key} in ${source}`);
  return value;
}

/** Runs the command of the container with `--config.check`. Rejects with its output if that fails. */
export async function checkConfig({ args, environment }: LaidOutContainer): Promise<string> {
  const [node, ...script] = entryPoint;
  const { stdout } = await execute(node, [...script, ...args, '--config.check'], {
    env: { PATH: process.env.PATH, ...environment },
  });
  return stdout;
}

/** Runs the command of the container until the end of the test, but listens on the loopback interface. */
export function runContainer({ args, environment }: LaidOutContainer): void {
  const loopback = args.map((arg) => arg.replace('--web.listen-address=:', '--web.listen-address=127.0.0.1:'));
  const [node, ...script] = entryPoint;
  const child = spawn(node, [...script, ...loopback], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  onTestFailed(() => console.error(`The exporter's log:\n${log}`));
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
  });
}

/** Runs the pod of `helm test` to its end, with the URLs of exporters, separated by spaces. */
export async function runTestPod(pod: PodSpec, exporters: string, secrets: Readonly<Record<string, string>> = {}) {
  const [{ command = [], args, env = [] }] = pod.containers;
  const environment = Object.fromEntries(env.map(({ name, value }) => [name, value ?? secrets[name]]));
  const [node] = entryPoint;
  const [, ...flags] = command;
  return execute(node, [...flags, ...args], {
    env: { PATH: process.env.PATH, ...environment, EXPORTERS: exporters },
    // A test that hangs fails.
    timeout: 120_000,
  });
}
