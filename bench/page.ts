import { execFileSync } from 'node:child_process';
import { cpus, release } from 'node:os';
import { type Figure, reaches } from './figure.ts';
import { jsonExporterVersion } from './processes.ts';
import type { Spread } from './statistics.ts';

/** docs/benchmarks.md */
export function page(figures: readonly Figure[]): string {
  return `# Benchmarks

<!-- Written by \`npm run bench\`. -->

\`\`\`sh
npm run bench                      # writes this page, in about a quarter of an hour
npm run bench -- --only scrapes    # prints one part of it
npm run bench:check                # fails where a ratio has fallen under 0.7 of the one below
\`\`\`

The load is wrk (\`apt-get install wrk\`); json_exporter is built with Go when it is first needed.

Each figure is the median of runs that take turns with what they are compared with, and the range of the runs. Cluster,
exporter and load are processes of their own; wrk does not decompress. CPU and memory are what /proc says. A ratio that
has fallen in the short runs of the check is measured again by the long ones, which tell a fall from a busy machine.

| Size | Brokers | Partitions | Replication |
|---|---|---|---|
| S | 3 | 3 | 3 |
| M | 100 | 300 | 3 |
| L | 1,000 | 8,000 | 3 |

Machine: ${cpus().length} × ${cpus()[0]?.model.trim()}, Linux ${release()}, Node.js ${process.version}, ${wrkVersion()},
json_exporter ${jsonExporterVersion}.

| What | Must reach | Reached | Range | Made of |
|---|---|---|---|---|
${figures.map(row).join('\n')}
${shortfalls(figures)}
## What did it

- A page is made of pieces of some 200 kB. A poll writes digits into those whose values have changed, and no others;
  nobody reads them while that happens, so nothing is copied. Each is compressed once, before it is shown, and a gzip
  body is made of the compressed pieces.
- An answer that is the same text as the one before is not parsed, and what follows from a view is rendered once.
- Work that has held the event loop for 4 ms lets others have their turn.
- The server listens before most libraries are loaded. \`/metrics\`, \`/probe\` and the health paths are answered without
  express, which is loaded after the start. \`import 'node:http'\` would load Node.js' own fetch and WebSocket
  too: 20 ms and 14 MB that \`process.getBuiltinModule\` saves.
- V8's young generation is kept as it is after the start, and its old one at twice what is alive.

## What was tried and left out

| What | Why |
|---|---|
| \`--optimize-for-size\` | 10 MB less at S and 100 at L, for stalls of 90 ms instead of 35 and half the speed of polls at M: most of the time was garbage collection |
| a bundle of everything (esbuild) | a third less to load, no memory; listening first gains more, and stack traces keep their files |
| V8's compile cache | a tenth of the start, for a folder that the service may write to beside its code |
| the inner modules of undici instead of its index | 5 MB, for an interface that is nobody's promise |
| compressing small pages on the main thread | nothing |
| one compressor for each piece, as \`zlib.deflateRaw\` makes them | the other way round: one for all saves 60 MB at L and 20 at S |
| a worker thread for large clusters | not tried: state, log and status page would have to follow the topology there |
`;
}

function shortfalls(figures: readonly Figure[]): string {
  const missed = figures.filter((figure) => !reaches(figure));
  const reasons = missed.map(
    ({ what, reason, reached, target }) => `- ${what}: ${reason ?? untold(reached, target)}.\n`,
  );
  return missed.length === 0 ? '' : `\n## Where it falls short\n\n${reasons.join('')}`;
}

function untold({ least, most }: Spread, target: number): string {
  return least <= target && target <= most ? 'its runs lie on both sides of that' : 'why is not known';
}

function row(figure: Figure): string {
  const { what, target, unit, better, reached, detail } = figure;
  const bound = `${better === 'more' ? 'at least' : 'at most'} ${target} ${unit}`;
  const median = `${reached.median.toPrecision(3)}${reaches(figure) ? '' : ' (missed)'}`;
  return `| ${what} | ${bound} | ${median} | ${reached.least.toPrecision(3)} to ${reached.most.toPrecision(3)} | ${detail} |`;
}

/** It tells its version together with its usage, and exit code 1. */
function wrkVersion(): string {
  const usage = execFileSync('sh', ['-c', 'wrk -v || true'], { encoding: 'utf8' });
  return /^wrk \S+/m.exec(usage)?.[0] ?? 'wrk';
}
