import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { Clock } from '../clock.ts';
import { type ClusterPart, clusterFamilies } from './cluster-part.ts';
import { endings, type Format, header } from './exposition.ts';
import type { ProcessMetrics } from './process-families.ts';

export type Encoding = 'identity' | 'gzip';

export interface Page {
  /** Replaces a cluster's part as a whole: no scrape sees two polls of one cluster mixed. */
  readonly update: (cluster: string, part: ClusterPart) => void;
  /** The exposition as bytes; made when first asked for after a change, then handed out as it is. */
  readonly body: (format: Format, encoding: Encoding) => Promise<Buffer>;
}

/** Milliseconds; reading the process's metrics at every scrape would be most of its cost. */
const processMetricsLast = 5_000;

const compress = promisify(gzip);

/** The clusters stand on the page in the order given. */
export function createPage(clusters: readonly string[], processMetrics: ProcessMetrics, clock: Clock): Page {
  const parts = new Map<string, ClusterPart>(clusters.map((cluster) => [cluster, []]));
  let bodies = new Map<string, Promise<Buffer>>();
  let processText: Promise<(format: Format) => string> | undefined;
  let processReadAt = 0;

  const refreshProcessMetrics = () => {
    if (processText && clock.monotonic() - processReadAt < processMetricsLast) return processText;
    processReadAt = clock.monotonic();
    processText = processMetrics.render();
    bodies = new Map();
    return processText;
  };

  const render = async (format: Format, ownText: Promise<(format: Format) => string>): Promise<Buffer> => {
    const own = (await ownText)(format);
    return Buffer.from(joinParts([...parts.values()], format) + own + endings[format]);
  };

  return {
    update: (cluster, part) => {
      parts.set(cluster, part);
      bodies = new Map();
    },
    body: (format, encoding) => {
      const own = refreshProcessMetrics();
      const cached = (key: string, make: () => Promise<Buffer>): Promise<Buffer> => {
        const body = bodies.get(key) ?? make();
        bodies.set(key, body);
        return body;
      };
      const plain = cached(format, () => render(format, own));
      if (encoding === 'identity') return plain;
      // Level 1 costs a quarter of the default for a fifth more bytes.
      const level = constants.Z_BEST_SPEED;
      return cached(`${format} gzip`, async () => compress(await plain, { level }));
    },
  };
}

/** Each family once, every cluster's samples together; a family that no cluster has does not appear. */
function joinParts(parts: readonly ClusterPart[], format: Format): string {
  return clusterFamilies
    .map((family, index) => {
      const lines = parts.map((part) => part[index] ?? '').join('');
      return lines === '' ? '' : header(family, format) + lines;
    })
    .join('');
}
