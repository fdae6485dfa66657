import { shardOfCluster } from './cluster/sharding.ts';
import type { AuthenticationMethod, Config, DiscoveryConfig } from './config/config.ts';
import type { LoadedCluster } from './config/effective-settings.ts';
import type { KubernetesDiscovery } from './config/provider-config.ts';
import type { Shard } from './config/replica-settings.ts';
import { escapeUnprintable } from './redact.ts';

const methods: Readonly<Record<AuthenticationMethod, string>> = {
  none: 'none',
  basic: 'HTTP Basic',
  oauth2: 'OAuth 2',
};

/**
 * Describes what `serve` would run: the address and the authentication of each cluster, and where each value comes
 * from. With several shards, also the shard that polls it: the clusters of all shards are described.
 */
export function configSummary(
  clusters: readonly LoadedCluster[],
  { shard, discovery }: Pick<Config, 'shard' | 'discovery'> = {},
): string {
  const names = clusters.map(({ config }) => config.name).join(', ');
  return [
    names === '' ? 'The configuration is valid.' : `The configuration is valid: ${names}.`,
    ...clusters.flatMap((cluster) => summaryOf(cluster, shard)),
    ...(discovery ? discoverySummary(discovery) : []),
  ]
    .map((line) => `${escapeUnprintable(line)}\n`)
    .join('');
}

function discoverySummary({ files, saas, kubernetes }: DiscoveryConfig): readonly string[] {
  return [
    '',
    'discovery',
    ...(files ? [`  files: ${files.paths.join(', ')}`] : []),
    ...(saas ? [`  saas: ${saas.api.address.href}`] : []),
    ...(kubernetes ? [`  kubernetes: ${kubernetesSummary(kubernetes)}`] : []),
  ];
}

function kubernetesSummary({ namespaces, labelSelector, profiles }: KubernetesDiscovery): string {
  const where = namespaces ? namespaces.join(', ') : 'all namespaces';
  const named = profiles.size === 0 ? '' : `; profiles: ${[...profiles.keys()].join(', ')}`;
  return `Services with ${labelSelector} in ${where}${named}`;
}

function summaryOf(
  { config: { name, authentication }, origin }: LoadedCluster,
  shard: Shard | undefined,
): readonly string[] {
  const settings = origin.settings().map(({ key, value, place }) => ({ key, line: `${key}: ${value} (${place})` }));
  const isAuthentication = (key: string) => /^(auth_strategy$|basic_auth\.|oauth2\.)/.test(key);
  return [
    '',
    name,
    ...(shard ? [`  shard: ${shardOfCluster(name, shard.total)}`] : []),
    ...settings.filter(({ key }) => key === 'address').map(({ line }) => `  ${line}`),
    `  authentication: ${methods[authentication.method]}`,
    ...settings.filter(({ key }) => isAuthentication(key)).map(({ line }) => `    ${line}`),
  ];
}
