import { number } from './setting.ts';

export const minLimit = 1;

function limit(raw: number): number {
  if (Number.isSafeInteger(raw) && raw >= minLimit) return raw;
  throw new Error(`a whole number from ${minLimit}`);
}

/** The limit of one cluster. */
export const seriesLimit = {
  max_series: number({
    doc: 'The most series of brokers, partitions and replicas that a cluster may have. A cluster with more exposes none of them, but keeps its verdict, its sizes and the series of its polls and its authentication (docs/sizing.md#limits). Default: no limit.',
    format: limit,
  }),
};

/** The limits of the whole exporter. */
export const limits = {
  max_clusters: number({
    doc: 'The most clusters that are known, configured and discovered ones together. Discovered clusters beyond it are not polled (docs/sizing.md#limits). Default: no limit.',
    format: limit,
  }),
  max_series_total: number({
    doc: 'The most series of brokers, partitions and replicas of all clusters together. Those of the largest clusters are left out first, as with max_series. Default: no limit.',
    format: limit,
  }),
};
