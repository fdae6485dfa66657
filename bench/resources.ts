import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import type { Figure } from './figure.ts';
import { type Running, startCluster, startExporter, stopAll } from './processes.ts';
import { shipped } from './shipped.ts';
import { spread } from './statistics.ts';

const scrapes = 10_000;
const polls = 500;
/** The heap of V8 grows differently in each run. */
const memoryRuns = 3;
const targets = { S: 95, L: 250 } as const;
const reasonForNode =
  'Node.js with its HTTP server, undici and prom-client needs 90 MB before the first request, of which 58 MB are pages of ' +
  'the Node.js binary';
const reasons = {
  S: reasonForNode,
  L:
    `${reasonForNode}. The heap grows to 60 MB and the buffers to 57 MB: the text of the page, 21 MB, is kept twice, ` +
    'because a poll writes into the copy that no scrape sends',
} as const;

/** Measures resident memory after scrapes and polls of a topology that changes at every poll. */
export async function memory(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const size of ['S', 'L'] as const) {
    const runs: MemoryRun[] = [];
    for (let run = 0; run < memoryRuns; run++) runs.push(await memoryRun(size));
    const half = spread(runs.map(({ afterHalf }) => afterHalf));
    const late = runs.reduce((sum, run) => sum + run.late, 0);
    figures.push({
      what: `resident memory after ${scrapes} gzip scrapes and ${polls} polls, ${size}`,
      target: targets[size],
      unit: 'MB',
      better: 'less',
      reached: spread(runs.map(({ afterAll }) => afterAll)),
      detail: `${half.median.toFixed(0)} MB after half of them; ${late} polls took more than a second`,
      reason: reasons[size],
    });
  }
  return figures;
}

interface MemoryRun {
  readonly afterHalf: number;
  readonly afterAll: number;
  /** How many polls would have delayed the next one at an interval of a second. */
  readonly late: number;
}

async function memoryRun(size: keyof typeof targets): Promise<MemoryRun> {
  const cluster = await startCluster(size, 4);
  const exporter = await startExporter({ cluster, pollInterval: '10m', environment: shipped });
  let late = 0;
  const half = async () => {
    for (let poll = 0; poll < polls / 2; poll++) {
      const startedAt = performance.now();
      await scraped(exporter, '/probe?cluster=a');
      if (performance.now() - startedAt > 1_000) late++;
      for (let scrape = 0; scrape < scrapes / polls; scrape++) await scraped(exporter, '/metrics');
    }
    return exporter.memory();
  };
  const afterHalf = await half();
  const afterAll = await half();
  await stopAll([cluster, exporter]);
  return { afterHalf, afterAll, late };
}

/** Measures the CPU usage of an exporter that polls and is scraped every 15 s. */
export async function idle(): Promise<readonly Figure[]> {
  const cluster = await startCluster('S', 1);
  const exporter = await startExporter({ cluster, pollInterval: '15s' });
  const shares: number[] = [];
  // Excludes the work during and shortly after the start.
  await sleep(15_000);
  for (let window = 0; window < 4; window++) {
    const before = exporter.cpu();
    for (let scrape = 0; scrape < 2; scrape++) {
      await scraped(exporter, '/metrics');
      await sleep(15_000);
    }
    shares.push(((exporter.cpu() - before) / 30) * 100);
  }
  await stopAll([cluster, exporter]);
  return [
    {
      what: 'CPU of an idle exporter: S, polls and scrapes every 15 s',
      target: 0.3,
      unit: '% of a core',
      better: 'less',
      reached: spread(shares),
      detail: 'four times 30 s, from /proc/PID/stat',
    },
  ];
}

async function scraped({ address }: Running, path: string): Promise<void> {
  const { body, statusCode } = await request(`${address}${path}`, { headers: { 'accept-encoding': 'gzip' } });
  if (statusCode !== 200) throw new Error(`${path}: expected 200, got ${statusCode}`);
  for await (const _chunk of body);
}
