import { setTimeout as sleep } from 'node:timers/promises';
import type { Figure } from './figure.ts';
import { answers, type Running, responseOf } from './processes.ts';
import { ratios, spread } from './statistics.ts';

/** Milliseconds between two polls of a cluster, and between two scrapes. */
export const interval = 15_000;
/** Intervals before the measurement, in which code is compiled and connections are opened. */
const warmUp = 3;
const windows = 4;

export interface Watched {
  /** CPU in percent of a core, of each process in each window. */
  readonly cpu: (process: Running) => readonly number[];
  /** The longest response time of `/-/healthy` of any exporter in each window, in milliseconds. */
  readonly stalls: readonly number[];
  /** How many milliseconds too late or too early the polls arrived at the clusters, sorted. */
  readonly lateness: readonly number[];
}

export interface WatchOptions {
  readonly exporters: readonly Running[];
  readonly fleet: Running;
  readonly others?: readonly Running[];
}

/**
 * Scrapes exporters once per interval, with gzip. Measures the CPU of them and of the other processes in some intervals,
 * and stalls in as many others: asking for `/-/healthy` a hundred times a second takes CPU.
 */
export async function watch({ exporters, fleet, others = [] }: WatchOptions): Promise<Watched> {
  // The first polls are spread over an interval, and the last of them may take until its timeout.
  for (const { address } of exporters) await answers(`${address}/-/ready`, 60);
  for (let round = 0; round < warmUp; round++) await scrapeEach(exporters);
  await latenessOf(fleet);
  const shares = new Map<Running, number[]>([...exporters, ...others].map((process) => [process, []]));
  for (let window = 0; window < windows; window++) {
    const before = new Map([...shares.keys()].map((process) => [process, process.cpu()]));
    const startedAt = performance.now();
    await scrapeEach(exporters);
    const seconds = (performance.now() - startedAt) / 1_000;
    for (const [process, share] of shares) share.push((100 * (process.cpu() - (before.get(process) ?? 0))) / seconds);
  }
  const stalls: number[] = [];
  for (let window = 0; window < windows; window++) {
    const longest = exporters.map((exporter) => longestStall(exporter, performance.now() + interval));
    await scrapeEach(exporters);
    stalls.push(Math.max(...(await Promise.all(longest))));
  }
  return { cpu: (process) => shares.get(process) ?? [], stalls, lateness: await latenessOf(fleet) };
}

/** Milliseconds between two looks at `/-/healthy`. */
export const pause = 10;

/** Scrapes each exporter once within an interval. */
async function scrapeEach(exporters: readonly Running[]): Promise<void> {
  const scraped = exporters.map(({ address }) => responseOf(`${address}/metrics`, 'gzip'));
  await Promise.all([...scraped, sleep(interval)]);
}

async function longestStall({ address }: Running, end: number): Promise<number> {
  let longest = 0;
  while (performance.now() < end) {
    const startedAt = performance.now();
    await responseOf(`${address}/-/healthy`);
    longest = Math.max(longest, performance.now() - startedAt);
    await sleep(pause);
  }
  return longest;
}

/** Returns the lateness of the polls since the last call. */
async function latenessOf(fleet: Running): Promise<readonly number[]> {
  const lateness: readonly number[] = JSON.parse((await responseOf(`${fleet.address}/lateness`)).toString());
  return lateness.map(Math.abs).sort((a, b) => a - b);
}

export function p99(sorted: readonly number[]): number {
  return sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN;
}

/** Compares CPU, in percent of a core, of the same windows. */
export function cpuFigure(
  what: string,
  own: readonly number[],
  other: readonly number[],
  judged: Pick<Figure, 'target' | 'reason'>,
): Figure {
  return {
    what,
    unit: 'times',
    better: 'less',
    reached: ratios(own, other),
    isUnchecked: true,
    detail: `${percent(own)} against ${percent(other)} of a core`,
    ...judged,
  };
}

export function percent(shares: readonly number[]): string {
  return `${spread(shares).median.toFixed(1)} %`;
}
