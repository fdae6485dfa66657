import type { Request, RequestHandler } from 'express';
import { isPlainPath, webPaths } from '../config/web-paths.ts';
import { type ProbedCluster, type ProbedClusters, standbyText } from './probe.ts';
import { type Sender, sendText } from './response.ts';

interface ServiceDiscoveryOptions {
  readonly clusters: ProbedClusters;
  /** Under which clients reach the exporter. Absent: under the host of their request. */
  readonly externalUrl?: URL | undefined;
}

/** Characters of a DNS name, a colon and a port. The response repeats the host for each cluster. */
const maxHostLength = 253 + 6;

/**
 * Responds with one target per cluster, in the format of Prometheus' HTTP service discovery
 * (https://prometheus.io/docs/prometheus/latest/http_sd/). The targets differ in `instance`. They have no label
 * `zeebe_cluster`: the series have one, which a label of the target would rename. A standby responds with an error,
 * after which Prometheus keeps the targets that the leader has listed.
 */
export function serviceDiscovery(
  { clusters, externalUrl }: ServiceDiscoveryOptions,
  { sendBuffer }: Sender,
): RequestHandler {
  return (request, response) => {
    if (clusters.standsBy()) {
      sendText(response, 503, standbyText);
      return;
    }
    const location = externalUrl ? externalLocation(externalUrl, request) : requestedLocation(request);
    if (location.host.length > maxHostLength) {
      sendText(response, 400, `the Host header is longer than ${maxHostLength} characters`);
      return;
    }
    const groups = clusters.all().map(({ cluster }) => targetGroup(cluster, location));
    sendBuffer(response.type('json'), Buffer.from(JSON.stringify(groups)));
  };
}

/** Where Prometheus is to reach the exporter. */
interface Location {
  /** Absent: the scheme of the scrape configuration, which is http by default. */
  readonly scheme?: 'http' | 'https';
  /** With the port, unless it is that of the scheme. */
  readonly host: string;
  /** Precedes the paths of the exporter; empty, or begins but does not end with a slash. */
  readonly prefix: string;
}

function targetGroup({ name, labels, meta }: ProbedCluster['cluster'], { scheme, host, prefix }: Location) {
  return {
    targets: [host],
    labels: {
      ...(scheme && { __scheme__: scheme }),
      __metrics_path__: `${prefix}${webPaths.probe}`,
      __param_cluster: name,
      instance: `${host}${prefix}/${name}`,
      ...metaLabels('', meta),
      ...metaLabels('label_', labels),
    },
  };
}

/** Labels that only relabeling sees: Prometheus drops those that begin with `__` afterwards. */
function metaLabels(prefix: string, values: object): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`__meta_zeebe_${prefix}${name}`, value]));
}

/** Returns the host and port by which the client addressed the exporter, or those of the socket if it did not say. */
function requestedLocation({ headers, socket, secure }: Request): Location {
  const { localAddress = '', localPort } = socket;
  const host = headers.host ?? `${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`;
  return { ...(secure && { scheme: 'https' }), host, prefix: '' };
}

/**
 * Returns the location of the external URL. If a proxy says that it was addressed by the same host and port, its prefix
 * counts instead of the path of the URL, and so does https instead of http. Other hosts never count: targets are where
 * Prometheus sends its credentials. Nor does http instead of https.
 */
function externalLocation(externalUrl: URL, request: Request): Location {
  const { host, pathname, protocol } = externalUrl;
  const isForwarded = request.get('x-forwarded-host')?.toLowerCase() === host;
  const forwarded = (name: string) => (isForwarded ? request.get(name) : undefined);
  const prefix = forwarded('x-forwarded-prefix');
  const isSecure = protocol === 'https:' || forwarded('x-forwarded-proto')?.toLowerCase() === 'https';
  return {
    scheme: isSecure ? 'https' : 'http',
    host,
    prefix: withoutSlash(isUsable(prefix) ? prefix : pathname),
  };
}

const maxPrefixLength = 256;

function isUsable(prefix: string | undefined): prefix is string {
  return prefix !== undefined && prefix.length <= maxPrefixLength && isPlainPath(prefix);
}

function withoutSlash(path: string): string {
  return path.replace(/\/$/, '');
}
