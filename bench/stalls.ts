import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Effort } from './effort.ts';
import type { Figure } from './figure.ts';
import { startCluster, startExporter, stopAll } from './processes.ts';
import { ratios, spread } from './statistics.ts';
import { wrk } from './wrk.ts';

interface Watched {
  /** Milliseconds. */
  readonly p99: number;
  readonly longest: number;
}

/** Measures how much polls at L delay scrapes. */
export async function stalls({ rounds, seconds }: Effort): Promise<readonly Figure[]> {
  const cluster = await startCluster('L', 4);
  const quiet = await startExporter({ cluster, pollInterval: '10m' });
  const polling = await startExporter({ cluster, pollInterval: '1s' });
  const without: Watched[] = [];
  const during: Watched[] = [];
  for (let round = 0; round < rounds; round++) {
    without.push(await watched(quiet.address, seconds * 2));
    during.push(await watched(polling.address, seconds * 2));
  }
  await stopAll([cluster, quiet, polling]);
  const longest = (all: readonly Watched[]) => all.map((each) => each.longest);
  const p99 = (all: readonly Watched[]) => all.map((each) => each.p99);
  return [
    {
      what: 'longest stall during polls at L under gzip scrapes, minus that without polls',
      target: 40,
      unit: 'ms',
      better: 'less',
      reached: spread(longest(during).map((stall, round) => stall - (longest(without)[round] ?? 0))),
      detail: `${spread(longest(during)).median.toFixed(0)} against ${spread(longest(without)).median.toFixed(0)} ms`,
    },
    {
      what: 'p99 of gzip scrapes at L during polls, against no polls',
      target: 1.5,
      unit: 'times',
      better: 'less',
      reached: ratios(p99(during), p99(without)),
      isUnchecked: true,
      detail: `${spread(p99(during)).median.toFixed(0)} against ${spread(p99(without)).median.toFixed(0)} ms`,
      reason:
        'each second, a poll of a topology of which a tenth changes needs about 50 ms of the main thread, in parts of at ' +
        'most about 10 ms: 6 for `JSON.parse`, 7 for partitions and verdict, less for reading, for writing the changes ' +
        'and for garbage collection; without polls no scrape waits. wrk counts a stall once for each request that it ' +
        'would have sent meanwhile',
    },
  ];
}

/** Returns the longest response time of `/-/healthy` under two scrapers. Any other request would wait as long. */
async function watched(exporter: string, seconds: number): Promise<Watched> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ended = new AbortController();
  let longest = 0;
  const look = async () => {
    while (!ended.signal.aborted) {
      const startedAt = performance.now();
      await asked(`${exporter}/-/healthy`, agent);
      longest = Math.max(longest, performance.now() - startedAt);
      await sleep(5);
    }
  };
  const looking = look();
  const { p99 } = await wrk({ url: `${exporter}/metrics`, connections: 2, seconds, gzip: true });
  ended.abort();
  await looking;
  agent.destroy();
  return { p99, longest };
}

async function asked(url: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent }, (response) => {
      response.resume().on('end', resolve);
    });
    sent.on('error', reject).end();
  });
}
