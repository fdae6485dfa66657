import { once } from 'node:events';
import { endByTheUnexpected, receiveSignals } from './process.ts';

const signals = receiveSignals();
// Unhandled rejections arrive here as well.
process.on('uncaughtException', endByTheUnexpected);
// The reader of the output may close it.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

// Loaded once signals are received: it may take a second.
const { runCommand } = await import('./commands.ts');
const exitCode = await runCommand(process.argv.slice(2), signals);
// A reader that is slow gets all of the output, unless a signal ends the wait.
const outputs = [written(process.stdout), written(process.stderr)];
if (!signals.stop.aborted) await Promise.race([Promise.all(outputs), once(signals.stop, 'abort')]);
// A DNS lookup that was given up would keep the process alive for up to half a minute.
process.exit(exitCode);

/** Resolves when all that was written to the stream has left this process, or cannot. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}
