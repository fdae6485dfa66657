import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { stringify } from 'yaml';
import { runCommand } from '../src/commands.ts';
import { crash, receiveSignals } from '../src/process.ts';

interface Options {
  readonly prometheus: string;
  readonly 'prometheus.listenAddress': string;
  readonly 'web.listenAddress': string;
}

const {
  prometheus,
  'prometheus.listenAddress': prometheusAddress,
  'web.listenAddress': exporterAddress,
} = new Command('npm run demo:alerts --')
  .description('Run the slow demo, and a Prometheus that scrapes it with the alert rules of this clone.')
  .option('--prometheus <PATH>', 'The Prometheus to run.', 'prometheus')
  // Not Prometheus' usual port: the one that the package of Debian starts as a service listens there.
  .option('--prometheus.listen-address <HOST:PORT>', 'The address of Prometheus.', '127.0.0.1:10651')
  .option('--web.listen-address <HOST:PORT>', 'The address of the exporter.', '127.0.0.1:10650')
  .parse()
  .opts<Options>();

/** The first version whose rules may have `keep_firing_for`. */
const minVersion = { major: 2, minor: 42 } as const;

const howToGetIt = `The demo of the alerts needs Prometheus ${minVersion.major}.${minVersion.minor} or newer:
  Debian, Ubuntu  sudo apt install prometheus
  macOS           brew install prometheus
  others          https://prometheus.io/download/
To use one that is not on the PATH: npm run demo:alerts -- --prometheus=/path/to/prometheus
The same faults without Prometheus: npm run demo -- --slow
`;

/** Returns why the program cannot be used, or undefined. */
async function problemOf(program: string): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await promisify(execFile)(program, ['--version']);
    const [version, major, minor] = /\bprometheus, version (\d+)\.(\d+)\S*/.exec(`${stdout}${stderr}`) ?? [];
    if (version === undefined) return `${program} is not Prometheus: ${program} --version names no version of it.`;
    const isOld =
      Number(major) < minVersion.major || (Number(major) === minVersion.major && Number(minor) < minVersion.minor);
    return isOld ? `${program} is too old: ${version}.` : undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') return `${program} cannot be run: ${message}`;
    return program.includes('/') ? `${program} does not exist.` : `There is no program ${program} on the PATH.`;
  }
}

/** Returns the content of prometheus.yml. */
function configuration(): string {
  return stringify({
    global: { scrape_interval: '5s', evaluation_interval: '5s' },
    rule_files: ['alerts.yaml', 'recording.yaml'].map((name) => join(import.meta.dirname, name)),
    scrape_configs: [{ job_name: 'zeebe-topology', static_configs: [{ targets: [exporterAddress] }] }],
  });
}

/** Starts Prometheus with its data in a temporary folder. It ends with this process, and the folder with it. */
function startPrometheus(): ChildProcess {
  const folder = mkdtempSync(join(tmpdir(), 'zeebe-topology-exporter-demo-'));
  const file = join(folder, 'prometheus.yml');
  writeFileSync(file, configuration());
  const flags = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=${prometheusAddress}`,
    '--log.level=error',
  ];
  const child = spawn(prometheus, flags, { stdio: ['ignore', 'ignore', 'inherit'] });
  process.on('exit', () => {
    child.kill('SIGKILL');
    // Until the killed process is gone, it may still create files.
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  });
  return child;
}

/** Runs the demo and Prometheus until a signal arrives or one of them ends. Resolves to the exit code. */
async function runBoth(): Promise<number> {
  const signals = receiveSignals();
  const child = startPrometheus();
  const ended = once(child, 'exit');
  process.stdout.write(
    `Prometheus scrapes http://${exporterAddress}/metrics every 5 seconds. Open http://${prometheusAddress}/alerts for its alerts.\n`,
  );
  const demo = runCommand(['demo', '--slow', `--web.listen-address=${exporterAddress}`], signals);
  const isOver = await Promise.race([demo.then(() => true), ended.then(() => signals.stop.aborted)]);
  if (!isOver) {
    process.stderr.write(
      'Prometheus has ended. If its address is in use, choose another one with --prometheus.listen-address.\n',
    );
    signals.askToStop('SIGTERM');
  }
  const exitCode = await demo;
  child.kill('SIGTERM');
  await ended;
  return isOver ? exitCode : 1;
}

// Node.js reports unhandled rejections here as well.
process.on('uncaughtException', crash);
const problem = await problemOf(prometheus);
if (problem !== undefined) process.stderr.write(`${problem} ${howToGetIt}`);
process.exit(problem === undefined ? await runBoth() : 1);
