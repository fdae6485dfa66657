#!/usr/bin/env node
import { ConfigError } from './config/problem.ts';
import { receiveSignals } from './signals.ts';
import { endByTheUnexpected } from './unexpected.ts';

const signals = receiveSignals();
// Rejections that nobody handles come here too.
process.on('uncaughtException', endByTheUnexpected);
// Whoever reads the output may go away.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

try {
  // Loaded once signals are received: it may take a second.
  const { runCommand } = await import('./commands.ts');
  const exitCode = await runCommand(process.argv.slice(2), signals);
  // A name lookup that nobody waits for any more would hold the process for its own half minute.
  process.exit(exitCode);
} catch (error) {
  if (!(error instanceof ConfigError)) endByTheUnexpected(error);
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
