/** The paths that the exporter serves, besides the configured telemetry path and the files of the status page. */
export const webPaths = {
  statusPage: '/',
  healthy: '/-/healthy',
  ready: '/-/ready',
  reload: '/-/reload',
  clusters: '/api/v1/clusters',
  probe: '/probe',
  serviceDiscovery: '/sd',
} as const;

/**
 * Returns the form in which paths are compared: in lower case, without a slash at the end. Two paths are the same if
 * their forms are equal; express compares in the same way. Percent-encoded characters are not decoded.
 */
export function canonicalPath(path: string): string {
  const end = path.length > 1 && path.endsWith('/') ? -1 : path.length;
  return path.slice(0, end).toLowerCase();
}

/** Whether a path, or the empty one, has only segments that no server or client reads in another way. */
export function isPlainPath(path: string): boolean {
  return /^(\/(?!\.{1,2}(?:\/|$))[\w.~-]+)*\/?$/.test(path);
}
