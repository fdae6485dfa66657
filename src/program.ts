import { once } from 'node:events';
import { crash, receiveSignals } from './process.ts';

const signals = receiveSignals();
// Node.js reports unhandled rejections here as well.
process.on('uncaughtException', crash);
// A closed output must not end the process.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

// Loaded after the signal handlers are installed, as loading may take a second.
const { runCommand } = await import('./commands.ts');
const exitCode = await runCommand(process.argv.slice(2), signals);
// Waits for a slow reader to receive all output, unless a signal ends the wait.
const outputs = [written(process.stdout), written(process.stderr)];
if (!signals.stop.aborted) await Promise.race([Promise.all(outputs), once(signals.stop, 'abort')]);
// A cancelled DNS lookup would otherwise keep the process alive for up to 30 seconds.
process.exit(exitCode);

/** Resolves when everything written to the stream has left this process, or cannot leave it. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}
