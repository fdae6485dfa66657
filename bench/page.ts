import { execFileSync } from 'node:child_process';
import { cpus, release } from 'node:os';
import { type Figure, reaches } from './figure.ts';
import { jsonExporterVersion } from './processes.ts';

/** docs/benchmarks.md */
export function page(figures: readonly Figure[]): string {
  return `# Benchmarks

<!-- Written by \`npm run bench\`. -->

\`\`\`sh
npm run bench                      # writes this page, in about a quarter of an hour
npm run bench -- --only scrapes    # prints one part of it
npm run bench:check                # fails where a ratio has fallen under 0.7 of the one below
\`\`\`

Each figure is the median of runs that take turns with what they are compared with, and the range of the runs. Cluster,
exporter and load are processes of their own; the load is wrk, which does not decompress. CPU and memory are what
/proc says.

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
`;
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
