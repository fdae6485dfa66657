/** How the series of the brokers, partitions and replicas of a cluster compare with the limits that are configured. */
export interface SeriesLimit {
  /** At least as many as the last topology has. */
  readonly series: number;
  /** The limit that they exceed, so that none of them is exposed; absent if they are within the limits. */
  readonly exceeded?: ExceededLimit;
}

export interface ExceededLimit {
  readonly setting: 'max_series' | 'max_series_total';
  readonly max: number;
}

/** Returns a sentence without capital and full stop. */
export function exceededText(series: number, { setting, max }: ExceededLimit): string {
  const what = `the ${series} series of brokers, partitions and replicas are not exposed`;
  switch (setting) {
    case 'max_series':
      return `${what}, as they exceed ${setting} (${max})`;
    case 'max_series_total':
      return `${what}, as they exceed ${setting} (${max}) together with those of smaller clusters`;
  }
}
