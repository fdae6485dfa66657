import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { request } from 'undici';
import { cached } from '../test/cached.ts';
import { freePorts } from '../test/e2e/ports.ts';
import { shipped } from './shipped.ts';

const root = join(import.meta.dirname, '..');
/** The file that the package's `bin` names. */
const main = join(root, 'dist/main.js');
const jsonExporter = join(import.meta.dirname, 'json-exporter');
export const jsonExporterVersion = '0.7.0';

export interface Running {
  readonly address: string;
  /** CPU time in user and system mode since the start, in seconds. */
  readonly cpu: () => number;
  /** Resident memory in megabytes (10⁶ bytes). */
  readonly memory: () => number;
  readonly stop: () => Promise<void>;
}

export async function startCluster(size: string, variants: number): Promise<Running> {
  return startNode(join(import.meta.dirname, 'cluster.ts'), size, String(variants));
}

export async function startBare(plain: Buffer, gzip: Buffer): Promise<Running> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'plain'), plain);
  writeFileSync(join(folder, 'gzip'), gzip);
  return started(process.execPath, [join(import.meta.dirname, 'bare.ts'), join(folder, 'plain'), join(folder, 'gzip')]);
}

/** Starts a server that requests the topology of the cluster for each request, and then sends the page. */
export async function startBareProbe(cluster: Running, page: Buffer): Promise<Running> {
  const file = join(temporaryFolder(), 'page');
  writeFileSync(file, page);
  return startNode(join(import.meta.dirname, 'bare-probe.ts'), cluster.address, file);
}

export interface ExporterOptions {
  readonly cluster: Running;
  /** In the format of the exporter's configuration file. */
  readonly pollInterval: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts the built exporter with one cluster named `a`. Resolves once the cluster has been polled. */
export async function startExporter({ cluster, pollInterval, environment }: ExporterOptions): Promise<Running> {
  const exporter = await started(
    process.execPath,
    [main, ...exporterFlags(cluster.address, pollInterval)],
    environment,
  );
  await answers(`${exporter.address}/-/ready`);
  return exporter;
}

export function exporterFlags(cluster: string, pollInterval: string): readonly string[] {
  const file = join(temporaryFolder(), 'exporter.yml');
  const settings = { poll_interval: pollInterval, clusters: [{ name: 'a', address: cluster }] };
  writeFileSync(file, JSON.stringify(settings));
  return [`--config.file=${file}`, '--web.listen-address=127.0.0.1:0', '--log.format=json'];
}

/** Starts a script of the benchmarks that reports an address. */
export async function startNode(script: string, ...args: readonly string[]): Promise<Running> {
  return started(process.execPath, [script, ...args]);
}

export interface FleetOptions {
  /** The address of bench/fleet-clusters.ts. */
  readonly address: string;
  readonly count: number;
  /** The addresses of further clusters. */
  readonly others?: readonly string[];
  readonly flags?: readonly string[];
}

/** Starts the built exporter with clusters whose addresses are numbered paths; every second one uses OAuth 2. */
export async function startFleetExporter(options: FleetOptions): Promise<Running> {
  const { address, count, others = [], flags = [] } = options;
  const file = join(temporaryFolder(), 'exporter.yml');
  const clusters = [
    ...Array.from({ length: count }, (_, id) => ({
      name: `cluster-${id}`,
      address: `${address}/${id}`,
      ...(id % 2 === 1 && { oauth2: { client_id: 'a', client_secret: `${id}`, token_url: `${address}/token` } }),
    })),
    ...others.map((other, id) => ({ name: `other-${id}`, address: other })),
  ];
  writeFileSync(file, JSON.stringify({ poll_interval: '15s', clusters }));
  return started(
    process.execPath,
    [main, `--config.file=${file}`, '--web.listen-address=127.0.0.1:0', ...flags],
    shipped,
  );
}

export const exporterMain = main;

/** Starts json_exporter of prometheus-community. Builds it with Go on first use. */
export async function startJsonExporter(): Promise<Running> {
  const [port] = await freePorts(1);
  const binary = await cached(`json-exporter-${jsonExporterVersion}`, async (into) => {
    const what = 'github.com/prometheus-community/json_exporter';
    execFileSync('go', ['build', '-trimpath', '-ldflags=-s -w', '-o', into, what], { cwd: jsonExporter });
  });
  const flags = [`--config.file=${join(jsonExporter, 'config.yml')}`, `--web.listen-address=127.0.0.1:${port}`];
  const child = spawn(join(binary, 'json_exporter'), flags, { stdio: 'ignore' });
  const exporter = running(child, `http://127.0.0.1:${port}`);
  await answers(exporter.address);
  return exporter;
}

/** Waits for a response with status 200. Rejects after `seconds` without one. */
export async function answers(url: string, seconds = 20): Promise<void> {
  const deadline = performance.now() + seconds * 1_000;
  for (;;) {
    const status = await fetch(url).then(
      async (response) => {
        await response.arrayBuffer();
        return response.status;
      },
      () => 'no response',
    );
    if (status === 200) return;
    if (performance.now() > deadline) throw new Error(`${url}: expected 200, got ${status}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Returns the body of a response with status 200, as it was sent. */
export async function responseOf(url: string, encoding: 'identity' | 'gzip' = 'identity'): Promise<Buffer> {
  const { body, statusCode } = await request(url, { headers: { 'accept-encoding': encoding } });
  const bytes = await buffer(body);
  if (statusCode !== 200) throw new Error(`${url}: expected 200, got ${statusCode}`);
  return bytes;
}

export async function stopAll(processes: readonly Running[]): Promise<void> {
  await Promise.all(processes.map(({ stop }) => stop()));
}

/** Starts a process. Resolves once it reports its address on standard error. */
async function started(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Running> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...environment } });
  let said = '';
  const address = await new Promise<string>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const found = /listening on (?:http:\/\/)?(127\.0\.0\.1:\d+)/.exec(said)?.[1];
      if (found) resolve(`http://${found}`);
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`${args.join(' ')}: ended before it listened: ${said}`)));
  });
  child.stderr.removeAllListeners('data').resume();
  return running(child, address);
}

const children = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

function running(child: ChildProcess, address: string): Running {
  children.add(child);
  return {
    address,
    cpu: () => cpuSeconds(child.pid),
    memory: () => residentMegabytes(child.pid),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Reads fields 14 and 15 of /proc/PID/stat (proc(5)). Field 2 is in parentheses and may contain spaces. */
function cpuSeconds(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

function residentMegabytes(pid: number | undefined): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return (Number(kibibytes) * 1024) / 1e6;
}

function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'zeebe-topology-exporter-bench-'));
}
