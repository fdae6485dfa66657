/** The addresses of the pages of clusters. Every other address is one of the overview. */

/** @param {string} cluster */
export function clusterRoute(cluster) {
  return `#/cluster/${encodeURIComponent(cluster)}`;
}

/**
 * Returns the name of the cluster in an address, if there is one.
 *
 * @param {string} hash
 */
export function clusterIn(hash) {
  const [, name] = /^#\/cluster\/(.+)$/.exec(hash) ?? [];
  try {
    return name === undefined ? undefined : decodeURIComponent(name);
  } catch {
    return name;
  }
}
