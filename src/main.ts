#!/usr/bin/env node
import { once } from 'node:events';
import type { Logger } from 'pino';
import { systemClock } from './clock.ts';
import { type CheckOutput, type Flags, parseCommandLine } from './config/command-line.ts';
import type { Config } from './config/config.ts';
import { loadConfig } from './config/load.ts';
import { ConfigError } from './config/problem.ts';
import { startExporter } from './exporter.ts';
import { createLogger } from './logger.ts';
import { version } from './version.ts';

async function main(argv: readonly string[]): Promise<number> {
  const commandLine = parseCommandLine(argv, versionText());
  switch (commandLine.command) {
    case 'print':
      (commandLine.exitCode === 0 ? process.stdout : process.stderr).write(commandLine.text);
      return commandLine.exitCode;
    case 'serve':
      return commandLine.check ? checkConfig(commandLine.flags) : serve(commandLine.flags);
    case 'check':
      return commandLine.flags['config.check'] === true
        ? checkConfig(commandLine.flags)
        : check(commandLine.flags, commandLine.output);
    case 'demo':
      return demo(commandLine.flags);
  }
}

function checkConfig(flags: Flags): number {
  const { config, notices } = load(flags);
  for (const { message } of notices) process.stdout.write(`${message}\n`);
  process.stdout.write(`The configuration is valid: ${config.clusters.map(({ name }) => name).join(', ')}.\n`);
  return 0;
}

async function serve(flags: Flags): Promise<number> {
  const { config, notices } = load(flags);
  const logger = createLogger(config.log);
  for (const { message, ...details } of notices) logger.warn(details, message);
  return runUntilSignal(config, logger);
}

async function check(flags: Flags, output: CheckOutput): Promise<number> {
  // Loaded here alone, as the demo is.
  const { runCheck } = await import('./check/run.ts');
  const stopping = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT']) process.once(name, () => stopping.abort());
  return runCheck(() => load(flags), {
    output,
    withColours: process.stdout.isTTY && !process.env.NO_COLOR,
    write: (text) => process.stdout.write(text),
    warn: (text) => process.stderr.write(text),
    clock: systemClock,
    signal: stopping.signal,
  });
}

async function demo(flags: Flags): Promise<number> {
  // Loaded here alone: a production start has no use for a simulator.
  const { startDemo } = await import('./demo.ts');
  const { config, introduce, tell, close } = await startDemo(flags, process.stderr.isTTY);
  const say = (sentence: string) => process.stdout.write(`${sentence}\n`);
  const stopping = new AbortController();
  try {
    return await runUntilSignal(config, createLogger(config.log), (addresses) => {
      introduce(say, addresses);
      void tell(say, stopping.signal);
    });
  } finally {
    stopping.abort();
    await close();
  }
}

/** Answers with the exit code. `started` is told the addresses as bound. */
async function runUntilSignal(
  config: Config,
  logger: Logger,
  started: (addresses: readonly string[]) => void = () => {},
): Promise<number> {
  const exporter = await startExporter(config, logger).catch((error: unknown) => {
    logger.error({ err: error }, 'the exporter cannot listen: is the port taken, or the address of another machine?');
  });
  if (!exporter) return 1;
  for (const address of exporter.addresses) {
    logger.info({ address, version, clusters: config.clusters.length }, `listening on ${address}`);
  }
  started(exporter.addresses);

  const signal = await Promise.race(['SIGTERM', 'SIGINT'].map((name) => once(process, name).then(() => name)));
  logger.info(`${signal}: stopping`);
  await exporter.stop();
  return 0;
}

function load(flags: Flags): ReturnType<typeof loadConfig> {
  return loadConfig({ flags, env: process.env, isTerminal: process.stderr.isTTY });
}

function versionText(): string {
  return `zeebe-topology-exporter ${version} (Node.js ${process.version})`;
}

const exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  return 1;
});
// A name lookup that nobody waits for any more would hold the process for its own half minute.
process.exit(exitCode);
