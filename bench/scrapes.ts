import type { Effort } from './effort.ts';
import type { Figure } from './figure.ts';
import { responseOf, startBare, startCluster, startExporter, startJsonExporter, stopAll } from './processes.ts';
import { type Size, sizeNames } from './sizes.ts';
import { interleaved, ratios, spread } from './statistics.ts';
import { wrk } from './wrk.ts';

const toBare: Readonly<Record<Size, number>> = { S: 0.85, M: 0.9, L: 0.9 };
/** Without L, where the peer responds too rarely to be measured. */
const toPeer = { S: { plain: 15, gzip: 18 }, M: { plain: 65, gzip: 400 } };

const reasonForRequest =
  'a request takes 3 to 5 µs longer than the 17 to 20 of the bare server: its connection is counted, its path looked up, ' +
  'and its format and encoding negotiated. Two thirds of the time is the write to the socket, which both have';

/** Measures scrapes of `/metrics` per second. */
export async function scrapes({ rounds, seconds }: Effort): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const size of sizeNames) {
    const cluster = await startCluster(size, 1);
    const exporter = await startExporter({ cluster, pollInterval: '10m' });
    const metrics = `${exporter.address}/metrics`;
    const bare = await startBare(await responseOf(metrics), await responseOf(metrics, 'gzip'));
    const peer = await startJsonExporter();
    const perSecond = async (url: string, connections: number, gzip: boolean) =>
      (await wrk({ url, connections, seconds, gzip })).requestsPerSecond;

    for (const gzip of [false, true]) {
      for (const connections of [2, 50]) {
        const results = await interleaved(rounds, {
          bare: () => perSecond(bare.address, connections, gzip),
          exporter: () => perSecond(metrics, connections, gzip),
        });
        figures.push({
          what: `scrapes per second against the bare server, ${size}, ${encoding(gzip)}, ${connections} connections`,
          target: toBare[size],
          unit: 'times',
          better: 'more',
          reached: ratios(results.exporter, results.bare),
          detail: `${whole(results.exporter)} against ${whole(results.bare)} per second`,
          reason: reasonForRequest,
        });
      }
      if (size === 'L') continue;
      const peerPage = `${peer.address}/probe?target=${cluster.address}/v1/topology`;
      const results = await interleaved(rounds, {
        peer: () => perSecond(peerPage, 2, gzip),
        exporter: () => perSecond(metrics, 2, gzip),
      });
      figures.push({
        what: `scrapes per second against json_exporter, ${size}, ${encoding(gzip)}, 2 connections`,
        target: toPeer[size][encoding(gzip)],
        unit: 'times',
        better: 'more',
        reached: ratios(results.exporter, results.peer),
        detail: `${whole(results.exporter)} against ${whole(results.peer)} per second`,
      });
    }
    await stopAll([cluster, exporter, bare, peer]);
  }
  return figures;
}

function encoding(gzip: boolean): 'gzip' | 'plain' {
  return gzip ? 'gzip' : 'plain';
}

function whole(numbers: readonly number[]): string {
  return spread(numbers).median.toFixed(0);
}
