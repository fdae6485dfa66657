/** The values of one cluster on a page: by name, or by name and reason if the family has reasons. */
export type ClusterCounts = ReadonlyMap<string, number>;

const sample = /^zeebe_topology_(\w+)\{zeebe_cluster="([^"]*)"(?:,reason="(\w+)")?\} (\d+)$/gm;

/** Returns the integers of each cluster except 0, by keys such as `polls_total` or `poll_failures_total timeout`. */
export function countsOf(page: string): ReadonlyMap<string, ClusterCounts> {
  const clusters = new Map<string, Map<string, number>>();
  for (const [, family = '', cluster = '', reason, value] of page.matchAll(sample)) {
    const counts = clusters.get(cluster) ?? new Map<string, number>();
    clusters.set(cluster, counts);
    if (value !== '0') counts.set(reason === undefined ? family : `${family} ${reason}`, Number(value));
  }
  return clusters;
}

/** Returns the values of a family by reason. */
export function byReason(counts: ClusterCounts, family: string): Readonly<Record<string, number>> {
  const ofFamily = [...counts].filter(([key]) => key.startsWith(`${family} `));
  return Object.fromEntries(ofFamily.map(([key, value]) => [key.slice(family.length + 1), value]));
}
