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
  /** The clusters that stand on the page from now on, in this order; those that stay keep their parts. */
  readonly arrange: (clusters: readonly string[]) => void;
  /** The process's metrics have changed: the next scrape reads them again. */
  readonly refresh: () => void;
  /** The exposition as bytes; made when first asked for after a change, then handed out as it is. */
  readonly body: (format: Format, encoding: Encoding) => Promise<Buffer>;
  /** One cluster's series alone; none where it is not on the page. */
  readonly bodyOf: (cluster: string, format: Format, encoding: Encoding) => Promise<Buffer>;
}

/** Milliseconds; reading the process's metrics at every scrape would be most of its cost. */
const processMetricsLast = 5_000;

const compress = promisify(gzip);

/** The clusters stand on the page in the order given. */
export function createPage(clusters: readonly string[], processMetrics: ProcessMetrics, clock: Clock): Page {
  let parts = arranged(clusters, new Map());
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
    return joined([...parts.values()], format, own);
  };

  return {
    update: (cluster, part) => {
      parts.set(cluster, part);
      bodies = new Map();
    },
    arrange: (names) => {
      parts = arranged(names, parts);
      bodies = new Map();
    },
    refresh: () => {
      processText = undefined;
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
      return cached(`${format} gzip`, async () => zipped(await plain));
    },
    bodyOf: async (cluster, format, encoding) => {
      const plain = joined([parts.get(cluster) ?? []], format);
      return encoding === 'identity' ? plain : zipped(plain);
    },
  };
}

function arranged(clusters: readonly string[], parts: ReadonlyMap<string, ClusterPart>): Map<string, ClusterPart> {
  return new Map(clusters.map((cluster) => [cluster, parts.get(cluster) ?? []]));
}

function zipped(body: Buffer): Promise<Buffer> {
  // Level 1 costs a quarter of the default for a fifth more bytes.
  return compress(body, { level: constants.Z_BEST_SPEED });
}

/** Each family once, every cluster's samples together; a family that no cluster has does not appear. */
function joined(parts: readonly ClusterPart[], format: Format, own = ''): Buffer {
  const bytes: Buffer[] = [];
  let text = '';
  const add = (lines: string | Buffer) => {
    if (typeof lines === 'string') {
      text += lines;
      return;
    }
    bytes.push(Buffer.from(text), lines);
    text = '';
  };
  for (const [index, family] of clusterFamilies.entries()) {
    const samples = parts.map((part) => part[index] ?? '').filter(({ length }) => length > 0);
    if (samples.length > 0) add(header(family, format));
    for (const lines of samples) add(lines);
  }
  return Buffer.concat([...bytes, Buffer.from(text + own + endings[format])]);
}
