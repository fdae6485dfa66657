import type { Effort } from './effort.ts';
import type { Figure } from './figure.ts';
import { responseOf, startBareProbe, startCluster, startExporter, startJsonExporter, stopAll } from './processes.ts';
import { type Size, sizeNames } from './sizes.ts';
import { interleaved, ratios, spread } from './statistics.ts';
import { wrk } from './wrk.ts';

const targets: Readonly<Record<Size, Readonly<Record<'changed' | 'unchanged', number>>>> = {
  S: { changed: 1.2, unchanged: 2.5 },
  M: { changed: 6, unchanged: 20 },
  L: { changed: 6, unchanged: 20 },
};

/** Measures sequential `/probe` requests: a poll of the cluster, until its page has been sent. */
export async function polls({ rounds, seconds }: Effort): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const size of sizeNames) {
    for (const topology of ['changed', 'unchanged'] as const) {
      const cluster = await startCluster(size, topology === 'changed' ? 4 : 1);
      const exporter = await startExporter({ cluster, pollInterval: '10m' });
      const peer = await startJsonExporter();
      const bare = await startBareProbe(cluster, await responseOf(`${exporter.address}/probe?cluster=a`));
      const perSecond = async (url: string) =>
        // A request to the peer takes most of a second at L.
        (await wrk({ url, connections: 1, seconds: size === 'L' ? seconds * 2 : seconds })).requestsPerSecond;
      const results = await interleaved(rounds, {
        peer: () => perSecond(`${peer.address}/probe?target=${cluster.address}/v1/topology`),
        exporter: () => perSecond(`${exporter.address}/probe?cluster=a`),
        bare: () => perSecond(bare.address),
      });
      await stopAll([cluster, exporter, peer, bare]);
      figures.push({
        what: `one fresh poll, request to page, against json_exporter's scrape, ${size}, topology ${topology}`,
        target: targets[size][topology],
        unit: 'times',
        better: 'more',
        reached: ratios(results.exporter, results.peer),
        detail: `${milliseconds(results.exporter)} against ${milliseconds(results.peer)} ms each; a bare Node.js server ${milliseconds(results.bare)} ms`,
        ...(size === 'S' && {
          reason:
            'a bare Node.js server, which requests the topology with undici and sends the same page without reading the ' +
            `answer, is ${ratios(results.bare, results.peer).median.toFixed(2)} times as fast as json_exporter. The rest is parsing, state, events and page`,
        }),
      });
    }
  }
  return figures;
}

function milliseconds(perSecond: readonly number[]): string {
  return (1_000 / spread(perSecond).median).toFixed(2);
}
