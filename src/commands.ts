import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { Logger } from 'pino';
import { type CheckOutput, type CommandLine, type Flags, parseCommandLine } from './cli.ts';
import { systemClock } from './clock.ts';
import type { Load } from './cluster/reload.ts';
import type { Config } from './config/config.ts';
import { loadConfig } from './config/load-config.ts';
import { ConfigError } from './config/problem.ts';
import { type Exporter, ListenError, startExporter } from './exporter.ts';
import { createLogger, openOutput } from './logger.ts';
import type { Signals } from './process.ts';
import { logCrashesTo } from './process.ts';
import { escapeUnprintable } from './redact.ts';
import { revision, version } from './version.ts';

/** EX_CONFIG of sysexits.h: systemd and other supervisors need not start the exporter again. */
const unusableConfig = 78;

/** Does what the command line says; answers with the exit code. */
export async function runCommand(argv: readonly string[], signals: Signals): Promise<number> {
  const commandLine = parseCommandLine(argv, versionText());
  try {
    return await run(commandLine, signals);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message.split('\n').map(escapeUnprintable).join('\n')}\n`);
    return commandLine.command === 'serve' && !commandLine.check ? unusableConfig : 1;
  }
}

/** Rejects with a `ConfigError` where the configuration cannot be used. */
async function run(commandLine: CommandLine, signals: Signals): Promise<number> {
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
  return serveUntil(stop, { config, logger, load: () => load(flags), started });
}

async function check(flags: Flags, output: CheckOutput, { stop, askToStop, followHangUps }: Signals): Promise<number> {
  followHangUps(() => askToStop('SIGHUP'));
  // Loaded here alone, as the demo is.
  const { runCheck } = await import('./check/check.ts');
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
  const write = openOutput(1, (lost) => write(`  (${lost} lines were lost: they were not read)\n`));
  const say = (sentence: string) => write(`${sentence}\n`);
  const stopping = new AbortController();
  const started = (exporter: Exporter) => {
    introduce(say, exporter);
    void tell(say, stopping.signal);
  };
  try {
    return await serveUntil(stop, { config, logger: startLog(config), load: () => ({ config, notices: [] }), started });
  } finally {
    stopping.abort();
    await close();
  }
}

interface Serving {
  readonly config: Config;
  readonly logger: Logger;
  readonly load: Load;
  readonly started: (exporter: Exporter) => void;
}

/** Serves until the signal aborts. Answers with the exit code. */
async function serveUntil(stop: AbortSignal, { config, logger, load, started }: Serving): Promise<number> {
  const exporter = await startExporter(config, logger, systemClock, load).catch((error: unknown) => {
    if (!(error instanceof ListenError)) throw error;
    logger.error(error.message);
  });
  if (!exporter) return 1;
  for (const address of exporter.addresses) {
    logger.info({ address, version, clusters: config.clusters.length }, `listening on ${address}`);
  }
  tellHealthcheck(exporter, logger);
  started(exporter);

  if (!stop.aborted) await once(stop, 'abort');
  logger.info(`${stop.reason}: stopping`);
  await exporter.stop();
  return 0;
}

/** Writes where the exporter listens to the file that the health check of the image reads. */
function tellHealthcheck({ scheme, addresses }: Exporter, logger: Logger): void {
  const path = process.env.HEALTHCHECK_FILE;
  if (path === undefined) return;
  try {
    writeFileSync(path, addresses.map((address) => `${scheme}://${address}`).join('\n'));
  } catch (error) {
    const { message } = error as Error;
    logger.warn(`the health check of the image will ask http://127.0.0.1:10650: HEALTHCHECK_FILE: ${message}`);
  }
}

function startLog({ log }: Config): Logger {
  const write = openOutput(2, (lost) => {
    logger.error({ lost }, `${lost} lines of the log were lost here: the log could not be written`);
  });
  const logger = createLogger(log, write);
  logCrashesTo(logger);
  return logger;
}

function load(flags: Flags): ReturnType<typeof loadConfig> {
  return loadConfig({ flags, env: process.env, isTerminal: process.stderr.isTTY });
}

function versionText(): string {
  const built = revision === '' ? '' : `, commit ${revision}`;
  return `zeebe-topology-exporter ${version} (Node.js ${process.version}${built})`;
}
