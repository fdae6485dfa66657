import { once } from 'node:events';
import type { Logger } from 'pino';
import { systemClock } from './clock.ts';
import { type CheckOutput, type Flags, parseCommandLine } from './config/command-line.ts';
import type { Config } from './config/config.ts';
import { loadConfig } from './config/load.ts';
import { type Exporter, ListenError, startExporter } from './exporter.ts';
import { createLogger } from './logger.ts';
import type { Load } from './reload.ts';
import type { Signals } from './signals.ts';
import { tellTheUnexpectedTo } from './unexpected.ts';
import { revision, version } from './version.ts';

/** Does what the command line says; answers with the exit code. Rejects with a `ConfigError` where that is what is wrong. */
export async function runCommand(argv: readonly string[], signals: Signals): Promise<number> {
  const commandLine = parseCommandLine(argv, versionText());
  switch (commandLine.command) {
    case 'print':
      (commandLine.exitCode === 0 ? process.stdout : process.stderr).write(commandLine.text);
      return commandLine.exitCode;
    case 'serve':
      return commandLine.check ? checkConfig(commandLine.flags) : serve(commandLine.flags, signals);
    case 'check':
      return commandLine.flags['config.check'] === true
        ? checkConfig(commandLine.flags)
        : check(commandLine.flags, commandLine.output, signals);
    case 'demo':
      return demo(commandLine.flags, signals);
  }
}

function checkConfig(flags: Flags): number {
  const { config, notices } = load(flags);
  for (const { message } of notices) process.stdout.write(`${message}\n`);
  process.stdout.write(`The configuration is valid: ${config.clusters.map(({ name }) => name).join(', ')}.\n`);
  return 0;
}

async function serve(flags: Flags, { stop, followHangUps }: Signals): Promise<number> {
  const { config, notices } = load(flags);
  const logger = startLog(config);
  for (const { message, ...details } of notices) logger.warn(details, message);
  const started = ({ reload }: Exporter) => followHangUps(() => void reload());
  return run({ config, logger, load: () => load(flags), stop, started });
}

async function check(flags: Flags, output: CheckOutput, { stop, askToStop, followHangUps }: Signals): Promise<number> {
  followHangUps(() => askToStop('SIGHUP'));
  // Loaded here alone, as the demo is.
  const { runCheck } = await import('./check/run.ts');
  return runCheck(() => load(flags), {
    output,
    withColours: process.stdout.isTTY && !process.env.NO_COLOR,
    write: (text) => process.stdout.write(text),
    warn: (text) => process.stderr.write(text),
    clock: systemClock,
    signal: stop,
  });
}

async function demo(flags: Flags, { stop, askToStop, followHangUps }: Signals): Promise<number> {
  followHangUps(() => askToStop('SIGHUP'));
  // Loaded here alone: a production start has no use for a simulator.
  const { startDemo } = await import('./demo.ts');
  const { config, introduce, tell, close } = await startDemo(flags, process.stderr.isTTY);
  const say = (sentence: string) => process.stdout.write(`${sentence}\n`);
  const stopping = new AbortController();
  const started = ({ addresses }: Exporter) => {
    introduce(say, addresses);
    void tell(say, stopping.signal);
  };
  try {
    return await run({ config, logger: startLog(config), load: () => ({ config, notices: [] }), stop, started });
  } finally {
    stopping.abort();
    await close();
  }
}

interface Run {
  readonly config: Config;
  readonly logger: Logger;
  readonly load: Load;
  readonly stop: AbortSignal;
  readonly started: (exporter: Exporter) => void;
}

/** Serves until the signal aborts. Answers with the exit code. */
async function run({ config, logger, load, stop, started }: Run): Promise<number> {
  const exporter = await startExporter(config, logger, systemClock, load).catch((error: unknown) => {
    if (!(error instanceof ListenError)) throw error;
    logger.error(`${error.message}: is the port taken, or the address of another machine?`);
  });
  if (!exporter) return 1;
  for (const address of exporter.addresses) {
    logger.info({ address, version, clusters: config.clusters.length }, `listening on ${address}`);
  }
  started(exporter);

  if (!stop.aborted) await once(stop, 'abort');
  logger.info(`${stop.reason}: stopping`);
  await exporter.stop();
  return 0;
}

function startLog({ log }: Config): Logger {
  const logger = createLogger(log);
  tellTheUnexpectedTo(logger);
  return logger;
}

function load(flags: Flags): ReturnType<typeof loadConfig> {
  return loadConfig({ flags, env: process.env, isTerminal: process.stderr.isTTY });
}

function versionText(): string {
  const built = revision === '' ? '' : `, commit ${revision}`;
  return `zeebe-topology-exporter ${version} (Node.js ${process.version}${built})`;
}
