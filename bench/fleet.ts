import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Figure } from './figure.ts';
import { cpuFigure, interval, p99, pause, watch } from './fleet-watch.ts';
import {
  type Running,
  responseOf,
  startBare,
  startFleetExporter,
  startJsonExporter,
  startNode,
  stopAll,
} from './processes.ts';
import { interleaved, ratios, spread } from './statistics.ts';

const clusters = 1_000;
const scrapeRounds = 5;

/**
 * Measures an exporter that polls 1,000 clusters of size S, half of them with OAuth 2, and is scraped with gzip, all every
 * 15 s. At the same time, a bare loop requests the same topologies on the same schedule and parses them, and json_exporter
 * is probed for each of them.
 */
export async function fleet(): Promise<readonly Figure[]> {
  const fleet = await startNode(join(import.meta.dirname, 'fleet-clusters.ts'));
  const exporter = await startFleetExporter({ address: fleet.address, count: clusters });
  const bare = await startLoop(`${fleet.address}/bare-{}/v1/topology`);
  const peer = await startJsonExporter();
  const prober = await startLoop(`${peer.address}/probe?target=${fleet.address}/peer-{}/v1/topology`, 'text');
  const { cpu, stalls, lateness } = await watch({ exporters: [exporter], fleet, others: [bare, peer] });
  const memory = exporter.memory();
  const memories = `bare loop ${bare.memory().toFixed(0)} MB, json_exporter ${peer.memory().toFixed(0)} MB`;
  await stopAll([bare, prober, peer]);
  const scraped = await scrapesAgainstBare(exporter);
  await stopAll([exporter, fleet]);
  return [
    cpuFigure('CPU of polling and scraping 1,000 clusters, against a bare loop of requests', cpu(exporter), cpu(bare), {
      target: 1.5,
      reason:
        'in a loop without pauses, a bare request takes 73 µs of CPU, a poll 171 µs (deadline, connection that is ' +
        'replaced after a failure, authentication, limits of the body, state, events) and its part of the page 38 µs; ' +
        'a scrape takes 20 ms. A profile has no hot spot',
    }),
    cpuFigure(
      'CPU of polling and scraping 1,000 clusters, against json_exporter probed for each of them',
      cpu(exporter),
      cpu(peer),
      { target: 1 },
    ),
    {
      what: 'resident memory with 1,000 clusters',
      target: 300,
      unit: 'MB',
      better: 'less',
      reached: spread([memory]),
      detail: `half of the clusters with OAuth 2; ${memories}`,
    },
    {
      what: 'p99 of the lateness of polls with 1,000 clusters',
      target: 100,
      unit: 'ms',
      better: 'less',
      reached: spread([p99(lateness)]),
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
    scraped,
  ];
}

/** Measures the same clusters if the topology of each of them changes at every poll. */
export async function fleetChanging(): Promise<readonly Figure[]> {
  const fleet = await startNode(join(import.meta.dirname, 'fleet-clusters.ts'), 'often');
  const exporter = await startFleetExporter({ address: fleet.address, count: clusters });
  const bare = await startLoop(`${fleet.address}/bare-{}/v1/topology`);
  const { cpu } = await watch({ exporters: [exporter], fleet, others: [bare] });
  await stopAll([bare, exporter, fleet]);
  return [
    cpuFigure(
      'CPU with 1,000 clusters whose topologies change at every poll, against a bare loop of requests',
      cpu(exporter),
      cpu(bare),
      {
        target: 1.5,
        reason: 'each poll also reads a topology and its verdict, and renders it; no real cluster changes that often',
      },
    ),
  ];
}

/** Starts a loop that requests a URL for each cluster, whose number replaces `{}`. */
function startLoop(url: string, ...options: readonly string[]): Promise<Running> {
  const script = join(import.meta.dirname, 'fleet-bare.ts');
  return startNode(script, url, `${clusters}`, `${interval}`, ...options);
}

/**
 * Compares the time of a scrape of all clusters with that of the same bytes from memory. Each cluster is polled between
 * two scrapes.
 */
async function scrapesAgainstBare(exporter: Running): Promise<Figure> {
  const metrics = `${exporter.address}/metrics`;
  const plain = await responseOf(metrics);
  const bare = await startBare(plain, await responseOf(metrics, 'gzip'));
  const timed = async (url: string) => {
    const startedAt = performance.now();
    await responseOf(url, 'gzip');
    return performance.now() - startedAt;
  };
  const results = await interleaved(scrapeRounds, {
    bare: () => timed(bare.address),
    exporter: async () => {
      await sleep(interval);
      return timed(metrics);
    },
  });
  await bare.stop();
  const [own, least] = [spread(results.exporter).median, spread(results.bare).median];
  return {
    what: 'time of a gzip scrape of 1,000 clusters, against the same bytes from memory',
    target: 1,
    unit: 'times',
    better: 'less',
    reached: ratios(results.exporter, results.bare),
    isUnchecked: true,
    detail: `${own.toFixed(0)} against ${least.toFixed(1)} ms, ${(plain.length / 1e6).toFixed(1)} MB of text`,
    reason:
      'between two scrapes every cluster has been polled: the lines that changed are joined and compressed anew, and ' +
      'the checksum of the whole page is computed; the event loop is free meanwhile',
  };
}
