/** The addresses within the page. */

/** @param {string} cluster */
export function clusterRoute(cluster) {
  return `#/cluster/${encodeURIComponent(cluster)}`;
}

/** Returns the name of the cluster in the page's address, if there is one. */
export function clusterInAddress() {
  const [, name] = /^#\/cluster\/(.+)$/.exec(location.hash) ?? [];
  try {
    return name === undefined ? undefined : decodeURIComponent(name);
  } catch {
    return name;
  }
}
