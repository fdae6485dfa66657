import { clientAuthentication } from './client-credential.ts';
import { type Cluster, type ClusterSettings, defined, fileReader, requiredSecret } from './cluster-settings.ts';
import type {
  AuthenticationConfig,
  BasicConfig,
  ClusterConfig,
  OAuth2Config,
  TlsConfig,
  TokenEndpoint,
  TransportConfig,
} from './config.ts';
import { type LoadedCluster, originOf, settingNamesOf } from './effective-settings.ts';
import type { Environment } from './environment.ts';
import { belongTogether, certificates, privateKey, type ReadFile } from './files.ts';
import { ConfigError, type Problem } from './problem.ts';
import { resolve, type Source } from './resolve.ts';
import { clusterTable, saasTokenUrl } from './settings-table.ts';

/**
 * Reads the files that the settings name (relative paths start at `folder`) and checks what lies between settings.
 * Whatever is wrong is reported: the answer is of use only where nothing was.
 */
function buildCluster(
  settings: ClusterSettings,
  folder: string,
  readFile: ReadFile,
): Omit<ClusterConfig, 'settingNames'> | undefined {
  const cluster: Cluster = { settings, read: fileReader(settings, folder, readFile) };
  const name = settings.required('name');
  const address = settings.required('address');
  const authentication = authenticationConfig(cluster, address?.base);
  const transport = transportConfig(cluster, 'tls_config', settings.value('enable_http2'));
  if (name === undefined || address === undefined || authentication === undefined) {
    return undefined;
  }
  const apiVersion = settings.value('api_version');
  return {
    name,
    address: address.base,
    apiVersion: settings.has('api_version') ? apiVersion : (address.apiVersion ?? apiVersion),
    ...pollTimes(settings),
    authentication,
    transport,
    headers: settings.value('headers'),
  };
}

function pollTimes(settings: ClusterSettings): Pick<ClusterConfig, 'pollInterval' | 'pollTimeout'> {
  const pollInterval = settings.value('poll_interval');
  const pollTimeout = settings.value('poll_timeout');
  if (!settings.has('poll_timeout')) {
    return { pollInterval, pollTimeout: Math.min(pollTimeout, pollInterval) };
  }
  if (pollTimeout > pollInterval && settings.valid('poll_interval') && settings.valid('poll_timeout')) {
    const found = settings.shown('poll_timeout');
    settings.report('poll_timeout', `at most the poll_interval, ${settings.shown('poll_interval')}`, found);
  }
  return { pollInterval, pollTimeout };
}

function authenticationConfig(cluster: Cluster, address: URL | undefined): AuthenticationConfig | undefined {
  const { settings } = cluster;
  const isBasic = settings.has('basic_auth');
  if (settings.has('oauth2')) {
    if (isBasic) {
      settings.report('basic_auth', 'at most one of basic_auth and oauth2', 'both');
    }
    return oauth2Config(cluster, address);
  }
  return isBasic ? basicConfig(cluster) : { method: 'none' };
}

function basicConfig(cluster: Cluster): BasicConfig | undefined {
  const username = cluster.settings.required('basic_auth.username');
  const password = requiredSecret(cluster, 'basic_auth.password');
  return username === undefined || password === undefined ? undefined : { method: 'basic', username, password };
}

function oauth2Config(cluster: Cluster, address: URL | undefined): OAuth2Config | undefined {
  const { settings } = cluster;
  const clientId = settings.required('oauth2.client_id');
  const authentication = clientAuthentication(cluster);
  const endpoint = tokenEndpoint(settings, address);
  const transport = transportConfig(cluster, 'oauth2.tls_config', false);
  if (clientId === undefined || authentication === undefined || endpoint === undefined) {
    return undefined;
  }
  const isSaas = 'tokenUrl' in endpoint && endpoint.tokenUrl.href === saasTokenUrl;
  return {
    method: 'oauth2',
    clientId,
    clientAuthentication: authentication,
    endpoint,
    ...defined({
      audience: settings.value('oauth2.audience') ?? (isSaas ? 'zeebe.camunda.io' : undefined),
      resource: settings.value('oauth2.resource'),
    }),
    scopes: settings.value('oauth2.scopes'),
    endpointParams: settings.value('oauth2.endpoint_params'),
    transport,
  };
}

const issuerKeys = ['oauth2.issuer_url', 'oauth2.discovery_url'] as const;

/** Undefined where something is wrong, which is reported. */
function tokenEndpoint(settings: ClusterSettings, address: URL | undefined): TokenEndpoint | undefined {
  const issuerKey = issuerKeys.find((key) => settings.has(key));
  if (settings.has('oauth2.token_url')) {
    if (issuerKey !== undefined) {
      const expected = `only one of ${settings.name('oauth2.token_url')} and ${settings.name(issuerKey)}`;
      settings.report(issuerKey, expected, 'both');
    }
    const tokenUrl = settings.value('oauth2.token_url');
    return tokenUrl && { tokenUrl };
  }
  if (issuerKey !== undefined) {
    const issuerUrl = issuer(settings);
    return issuerUrl && { issuerUrl };
  }
  return defaultEndpoint(settings, address);
}

function issuer(settings: ClusterSettings): URL | undefined {
  const [issuerUrl, discovered] = issuerKeys.map((key) => settings.value(key));
  if (issuerUrl !== undefined && discovered !== undefined && issuerUrl.href !== discovered.href) {
    const expected = `the discovery document of the issuer in ${settings.name('oauth2.issuer_url')}`;
    settings.report('oauth2.discovery_url', expected, 'that of another one');
  }
  return issuerUrl ?? discovered;
}

/** Credentials go to Camunda's own token endpoint only where the cluster is Camunda's too, or where that is asked for. */
function defaultEndpoint(settings: ClusterSettings, address: URL | undefined): TokenEndpoint | undefined {
  if (address?.hostname.endsWith('.camunda.io')) {
    return { tokenUrl: new URL(saasTokenUrl) };
  }
  if (address !== undefined) {
    const names = `a token endpoint, or an issuer in ${settings.name('oauth2.issuer_url')}`;
    settings.report('oauth2.token_url', `${names} (only addresses under .camunda.io have a default)`, 'neither');
  }
  return undefined;
}

function transportConfig(
  cluster: Cluster,
  group: 'tls_config' | 'oauth2.tls_config',
  enableHttp2: boolean,
): TransportConfig {
  const proxyUrl = cluster.settings.value('proxy_url');
  return { tls: tlsConfig(cluster, group), enableHttp2, ...defined({ proxyUrl }) };
}

function tlsConfig({ settings, read }: Cluster, group: 'tls_config' | 'oauth2.tls_config'): TlsConfig {
  const certFile = `${group}.cert_file` as const;
  const keyFile = `${group}.key_file` as const;
  if (settings.has(certFile) || settings.has(keyFile)) {
    settings.required(certFile);
    settings.required(keyFile);
  }
  const cert = read(certFile, certificates);
  const key = read(keyFile, privateKey);
  if (cert !== undefined && key !== undefined && !belongTogether(cert, key)) {
    settings.report(keyFile, `the key of the certificate in ${settings.name(certFile)}`, 'another key');
  }
  return {
    ...defined({
      ca: read(`${group}.ca_file`, certificates),
      cert,
      key,
      serverName: settings.value(`${group}.server_name`),
      minVersion: settings.value(`${group}.min_version`),
    }),
    insecureSkipVerify: settings.value(`${group}.insecure_skip_verify`),
  };
}

/** What describes one cluster. */
export interface ClusterSources {
  readonly source: Source;
  /** What all clusters have in common; the last one wins. */
  readonly below: readonly Source[];
  /** Where relative paths start. */
  readonly folder: string;
  readonly env: Environment;
  /** Whether it stands in a configuration file. */
  readonly fromFile: boolean;
}

/** Whatever is wrong is reported: the answer is of use only where nothing was. */
export function loadCluster(
  sources: ClusterSources,
  readFile: ReadFile,
  problems: Problem[],
): LoadedCluster | undefined {
  const { source, below, folder, env, fromFile } = sources;
  const contents = new Map<string, Buffer>();
  const settings = resolve(clusterTable, source, below, problems);
  const built = buildCluster(settings, folder, (path) => {
    const content = readFile(path);
    contents.set(path, content);
    return content;
  });
  if (!built) return undefined;

  const rebuild = (read: ReadFile) => (holdsStill(contents, read) ? config : rebuilt(sources, read));
  const config: ClusterConfig = {
    ...built,
    settingNames: settingNamesOf(settings, fromFile),
    ...(contents.size > 0 && { files: { paths: [...contents.keys()], rebuild } }),
  };
  return { config, origin: originOf(settings, config, env, fromFile) };
}

function holdsStill(contents: ReadonlyMap<string, Buffer>, read: ReadFile): boolean {
  try {
    return [...contents].every(([path, content]) => read(path).equals(content));
  } catch {
    return false;
  }
}

function rebuilt(sources: ClusterSources, read: ReadFile): ClusterConfig {
  const problems: Problem[] = [];
  const loaded = loadCluster(sources, read, problems);
  if (!loaded || problems.length > 0) throw new ConfigError(problems);
  return loaded.config;
}
