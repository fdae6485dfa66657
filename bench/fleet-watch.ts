import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { answers, type Running } from './processes.ts';
import { spread } from './statistics.ts';

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
}

/** Scrapes exporters once per interval, with gzip, and measures them and the other processes in windows of an interval. */
export async function watch(exporters: readonly Running[], others: readonly Running[]): Promise<Watched> {
  for (const { address } of exporters) await answers(`${address}/-/ready`);
  for (let round = 0; round < warmUp; round++) await scrapeEach(exporters);
  const shares = new Map<Running, number[]>([...exporters, ...others].map((process) => [process, []]));
  const stalls: number[] = [];
  for (let window = 0; window < windows; window++) {
    const before = new Map([...shares.keys()].map((process) => [process, process.cpu()]));
    const startedAt = performance.now();
    stalls.push(await scrapeEach(exporters));
    const seconds = (performance.now() - startedAt) / 1_000;
    for (const [process, share] of shares) share.push((100 * (process.cpu() - (before.get(process) ?? 0))) / seconds);
  }
  return { cpu: (process) => shares.get(process) ?? [], stalls };
}

/** Milliseconds between two looks at `/-/healthy`. */
export const pause = 10;

/** Scrapes each exporter once. Returns the longest response time of `/-/healthy` within an interval. */
async function scrapeEach(exporters: readonly Running[]): Promise<number> {
  const end = performance.now() + interval;
  const scraped = Promise.all(exporters.map(({ address }) => responseOf(`${address}/metrics`)));
  const longest = await Promise.all(exporters.map((exporter) => longestStall(exporter, end)));
  await scraped;
  return Math.max(...longest);
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

/** Returns how many milliseconds too late or too early polls have arrived since the last call, sorted. */
export async function latenessOf(fleet: Running): Promise<readonly number[]> {
  const lateness: readonly number[] = JSON.parse(await responseOf(`${fleet.address}/lateness`));
  return lateness.map(Math.abs).sort((a, b) => a - b);
}

export function p99(sorted: readonly number[]): number {
  return sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN;
}

export async function responseOf(url: string): Promise<string> {
  const { body, statusCode } = await request(url, { headers: { 'accept-encoding': 'gzip' } });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${url}: expected 200, got ${statusCode}`);
  return text;
}

export function percent(shares: readonly number[]): string {
  return `${spread(shares).median.toFixed(1)} %`;
}

export async function stopAll(processes: readonly Running[]): Promise<void> {
  await Promise.all(processes.map(({ stop }) => stop()));
}
