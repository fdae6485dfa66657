import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import type { Figure } from './figure.ts';
import { answers, type Running, startFleetExporter, startNode } from './processes.ts';
import { ratios, spread } from './statistics.ts';

const clusters = 1_000;
const interval = 15_000;
/** Intervals before the measurement, in which code is compiled and connections are opened. */
const warmUp = 3;
const windows = 4;

/**
 * Measures an exporter that polls 1,000 clusters of size S, half of them with OAuth 2, and is scraped with gzip, all every
 * 15 s. At the same time, a bare loop requests the same topologies on the same schedule and parses them.
 */
export async function fleet(): Promise<readonly Figure[]> {
  const fleet = await startNode(join(import.meta.dirname, 'fleet-clusters.ts'));
  const exporter = await startFleetExporter(fleet.address, clusters);
  const bare = await startNode(join(import.meta.dirname, 'fleet-bare.ts'), fleet.address, `${clusters}`, `${interval}`);
  await answers(`${exporter.address}/-/ready`);
  for (let round = 0; round < warmUp; round++) await scrapeOnce(exporter);
  await latenessOf(fleet);

  const shares = { exporter: [] as number[], bare: [] as number[] };
  const stalls: number[] = [];
  for (let window = 0; window < windows; window++) {
    const before = { exporter: exporter.cpu(), bare: bare.cpu() };
    stalls.push(await scrapeOnce(exporter));
    shares.exporter.push((100_000 * (exporter.cpu() - before.exporter)) / interval);
    shares.bare.push((100_000 * (bare.cpu() - before.bare)) / interval);
  }
  const lateness = (await latenessOf(fleet)).map(Math.abs).sort((a, b) => a - b);
  const memory = exporter.memory();
  await Promise.all([exporter, bare, fleet].map(({ stop }) => stop()));
  const p99 = lateness[Math.floor(lateness.length * 0.99)] ?? Number.NaN;
  return [
    {
      what: 'CPU of polling and scraping 1,000 clusters, against a bare loop of requests',
      target: 1.5,
      unit: 'times',
      better: 'less',
      reached: ratios(shares.exporter, shares.bare),
      detail: `${percent(shares.exporter)} against ${percent(shares.bare)} of a core`,
    },
    {
      what: 'resident memory with 1,000 clusters',
      target: 300,
      unit: 'MB',
      better: 'less',
      reached: spread([memory]),
      detail: `after ${warmUp + windows} scrapes, half of the clusters with OAuth 2`,
    },
    {
      what: 'p99 of the lateness of polls with 1,000 clusters',
      target: 100,
      unit: 'ms',
      better: 'less',
      reached: spread([p99]),
      detail: `${lateness.length} polls, as their requests arrive at the clusters`,
    },
    {
      what: 'longest stall with 1,000 clusters, polled and scraped',
      target: 60,
      unit: 'ms',
      better: 'less',
      reached: spread(stalls),
      detail: `the longest response time of /-/healthy, asked for every ${pause} ms`,
    },
  ];
}

/** Milliseconds between two looks. */
const pause = 10;

/** Scrapes once, and returns the longest response time of `/-/healthy` within an interval. */
async function scrapeOnce(exporter: Running): Promise<number> {
  const end = performance.now() + interval;
  const scraped = responseOf(`${exporter.address}/metrics`);
  let longest = 0;
  while (performance.now() < end) {
    const startedAt = performance.now();
    await responseOf(`${exporter.address}/-/healthy`);
    longest = Math.max(longest, performance.now() - startedAt);
    await sleep(pause);
  }
  await scraped;
  return longest;
}

async function responseOf(url: string): Promise<string> {
  const { body, statusCode } = await request(url, { headers: { 'accept-encoding': 'gzip' } });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${url}: expected 200, got ${statusCode}`);
  return text;
}

async function latenessOf(fleet: Running): Promise<number[]> {
  return JSON.parse(await responseOf(`${fleet.address}/lateness`));
}

function percent(shares: readonly number[]): string {
  return `${spread(shares).median.toFixed(1)} %`;
}
