import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { CheckOutput } from './check/check.ts';
import { type CommandLine, parseCommandLine } from './cli.ts';
import { systemClock } from './clock.ts';
import type { Load } from './cluster/reload.ts';
import type { Config } from './config/config.ts';
import { type Flags, type LoadedConfig, loadConfigFromFiles } from './config/load-config.ts';
import { ConfigError } from './config/problem.ts';
import { configSummary } from './config-summary.ts';
import type { Exporter } from './exporter.ts';
import { ListenError, listenOnAll, type Servers } from './http/listen.ts';
import { createLogger, openOutput } from './logger.ts';
import { keepHeapSmall } from './memory.ts';
import { logCrashesTo, type Signals } from './process.ts';
import { escapeUnprintable } from './redact.ts';
import { revision, version } from './version.ts';

/** EX_CONFIG of sysexits.h: lets systemd and other supervisors know that a restart would not help. */
const unusableConfig = 78;

/** Runs the command of the command line. Resolves to the exit code. */
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

/** Rejects with a `ConfigError` if the configuration cannot be used. */
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
      return demo(commandLine.flags, commandLine.slow, signals);
  }
}

async function checkConfig(flags: Flags): Promise<number> {
  const { clusters, config, notices } = await load(flags);
  for (const { message } of notices) process.stdout.write(`${message}\n`);
  process.stdout.write(configSummary(clusters, config));
  return 0;
}

async function serve(flags: Flags, { stop, followHangUps }: Signals): Promise<number> {
  // Before the configuration is read: that of a thousand clusters would leave a young generation of 64 MB.
  keepHeapSmall();
  const { config, notices } = await load(flags);
  const logger = startLog(config);
  for (const { message, ...details } of notices) logger.warn(details, message);
  const started = ({ reload }: Started) => followHangUps(() => void reload());
  return serveUntil(stop, { config, logger, load: () => load(flags), started });
}

async function check(flags: Flags, output: CheckOutput, { stop, askToStop, followHangUps }: Signals): Promise<number> {
  followHangUps(() => askToStop('SIGHUP'));
  // Loaded only here, as the demo is.
  const { runCheck } = await import('./check/check.ts');
  return runCheck(() => loadForCheck(flags), {
    output,
    withColours: process.stdout.isTTY && !process.env.NO_COLOR,
    write: (text) => process.stdout.write(text),
    warn: (text) => process.stderr.write(text),
    clock: systemClock,
    signal: stop,
  });
}

/** The check tries the clusters of the configuration alone, and says so. */
async function loadForCheck(flags: Flags): Promise<LoadedConfig> {
  const loaded = await load(flags);
  const { discovery } = loaded.config;
  if (!discovery) return loaded;
  const variables = Object.keys(discovery).map((provider) => `discovery.${provider}`);
  return { ...loaded, notices: [...loaded.notices, { message: 'discovered clusters are not checked', variables }] };
}

async function demo(flags: Flags, slow: boolean, { stop, askToStop, followHangUps }: Signals): Promise<number> {
  followHangUps(() => askToStop('SIGHUP'));
  // Loaded only here: `serve` does not use the simulator.
  const { startDemo } = await import('./demo.ts');
  keepHeapSmall();
  const { config, introduce, tell, close } = await startDemo({
    slow,
    flags,
    env: process.env,
    isTerminal: process.stderr.isTTY,
  });
  const write = openOutput(1, (lost) => write(`  (${lost} lines were lost: they were not read)\n`));
  const say = (sentence: string) => write(`${sentence}\n`);
  const stopping = new AbortController();
  const started = (exporter: Started) => {
    introduce(say, exporter);
    void tell(say, stopping.signal);
  };
  try {
    return await serveUntil(stop, {
      config,
      logger: startLog(config),
      load: async () => ({ config, notices: [] }),
      started,
    });
  } finally {
    stopping.abort();
    await close();
  }
}

interface Serving {
  readonly config: Config;
  readonly logger: Logger;
  readonly load: Load;
  /** Called once, when the exporter polls and serves. */
  readonly started: (exporter: Started) => void;
}

type Started = Exporter & Pick<Servers, 'addresses' | 'scheme'>;

/** Serves until the signal aborts. Resolves to the exit code. */
async function serveUntil(stop: AbortSignal, serving: Serving): Promise<number> {
  const { config, logger, started } = serving;
  const servers = await listenOnAll(config, { logger, clock: systemClock }).catch((error: unknown) => {
    if (!(error instanceof ListenError)) throw error;
    logger.error(error.message);
  });
  if (!servers) return 1;
  const exporter = await startBehind(servers, serving);
  const { addresses, scheme } = servers;
  for (const address of addresses) {
    logger.info({ address, version, clusters: config.clusters.length }, `listening on ${address}`);
  }
  tellHealthcheck(servers, logger);
  started({ ...exporter, addresses, scheme });

  if (!stop.aborted) await once(stop, 'abort');
  logger.info(`${stop.reason}: stopping`);
  await exporter.stop();
  return 0;
}

/** Milliseconds. */
const pauseForProbes = 10;

/**
 * Loads and starts the exporter, which takes most of the time of a start. The servers answer liveness probes already.
 */
async function startBehind(servers: Servers, { config, logger, load }: Serving): Promise<Exporter> {
  // Loading blocks the event loop: the probes that wait are answered before.
  await pause(pauseForProbes);
  const { startExporter } = await import('./exporter.ts');
  return startExporter({ config, servers, load, logger, clock: systemClock });
}

/** Writes the addresses of the exporter to the file that the health check of the image reads. */
function tellHealthcheck({ scheme, addresses }: Servers, logger: Logger): void {
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

function load(flags: Flags): Promise<LoadedConfig> {
  return loadConfigFromFiles({ flags, env: process.env, isTerminal: process.stderr.isTTY });
}

function versionText(): string {
  const built = revision === '' ? '' : `, commit ${revision}`;
  return `zeebe-topology-exporter ${version} (Node.js ${process.version}${built})`;
}
