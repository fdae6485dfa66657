import { once } from 'node:events';
import { receiveSignals } from './signals.ts';
import { endByTheUnexpected } from './unexpected.ts';

const signals = receiveSignals();
// Rejections that nobody handles come here too.
process.on('uncaughtException', endByTheUnexpected);
// Whoever reads the output may go away.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

// Loaded once signals are received: it may take a second.
const { runCommand } = await import('./commands.ts');
const exitCode = await runCommand(process.argv.slice(2), signals);
// A reader that is slow gets all of the output, unless a signal ends the wait.
const outputs = [written(process.stdout), written(process.stderr)];
if (!signals.stop.aborted) await Promise.race([Promise.all(outputs), once(signals.stop, 'abort')]);
// A name lookup that nobody waits for any more would hold the process for its own half minute.
process.exit(exitCode);

/** Resolves when all that was written to the stream has left this process, or cannot. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}
