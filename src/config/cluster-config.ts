import { omitUndefined } from '../omit-undefined.ts';
import type { ClusterAddress } from './addresses.ts';
import { type Cluster, type ClusterSettings, clientAuthentication, requiredSecret } from './client-credential.ts';
import {
  type AuthenticationConfig,
  type BasicConfig,
  type ClusterConfig,
  type ClusterFiles,
  identityProviderOf,
  type OAuth2Config,
  type TlsConfig,
  type TokenEndpointConfig,
  type TransportConfig,
} from './config.ts';
import {
  contentsOf,
  createFileSetReader,
  digestsOf,
  notReadWithin,
  type ReadFile,
  readFileInTurn,
  readFrom,
  rereadTimeout,
} from './file-reader.ts';
import { ConfigError, lineOf, type Problem } from './problem.ts';
import { settingsOf } from './resolve.ts';
import { belongTogether, certificates, namedFiles, privateKey, valueInFile } from './setting-files.ts';
import { clusterTable, saasTokenUrl } from './settings-table.ts';

/**
 * Reads the files that the settings name and checks the settings against each other. Reports all problems. The result
 * is valid only if there are none.
 */
export function buildCluster(
  settings: ClusterSettings,
  folder: string,
  readFile: ReadFile,
): Omit<ClusterConfig, 'settingNames' | 'meta'> | undefined {
  const cluster: Cluster = { settings, folder, readFile };
  const name = settings.required('name');
  const address = settings.required('address');
  const authentication = authenticationConfig(cluster, address?.base);
  const transport = transportConfig(cluster, 'tls_config', settings.value('enable_http2'));
  const request = address && topologyRequest(settings, address);
  if (name === undefined || address === undefined || request === undefined || authentication === undefined) {
    return undefined;
  }
  const paths = namedFiles(settings.resolved, folder);
  const digests = digestsOf(contentsOf(paths, readFile));
  return {
    name,
    address: address.base,
    labels: settings.value('labels'),
    ...request,
    ...pollTimes(settings, authentication),
    ...omitUndefined({ maxSeries: settings.value('max_series') }),
    authentication,
    transport,
    headers: settings.value('headers'),
    ...(paths.length > 0 && { files: { paths, digests, settings: settings.resolved, folder } }),
  };
}

/** Reports settings that ask for one physical tenant and for all of them, or for tenants of v1, which has none. */
function topologyRequest(
  settings: ClusterSettings,
  { apiVersion: versionInAddress, isWholeCluster, physicalTenant }: ClusterAddress,
): Pick<ClusterConfig, 'apiVersion' | 'physicalTenants'> {
  const physicalTenants = settings.value('physical_tenants');
  const all = `${settings.name('physical_tenants')} set to all`;
  const report = (key: 'address' | 'physical_tenants' | 'api_version', expected: string) =>
    settings.report(key, expected, settings.shown(key));
  if (isWholeCluster && !physicalTenants) report('address', `an address without /cluster, and ${all}`);
  if (physicalTenant !== undefined && physicalTenants) {
    report('address', `an address without /physical-tenants/${physicalTenant}, because of ${all}`);
  }
  const isGiven = settings.has('api_version');
  const apiVersion = isGiven ? settings.value('api_version') : (versionInAddress ?? settings.value('api_version'));
  if (!physicalTenants && physicalTenant === undefined) return { apiVersion };
  if (apiVersion === 'v1') report(isGiven ? 'api_version' : 'address', 'v2, as v1 has no physical tenants');
  return { apiVersion: 'v2', ...omitUndefined({ physicalTenants }) };
}

/** Milliseconds. Basic authentication is costly for the cluster, which hashes the password of each request. */
const basicProbeMinInterval = 5_000;

function pollTimes(
  settings: ClusterSettings,
  { method }: AuthenticationConfig,
): Pick<ClusterConfig, 'pollInterval' | 'pollTimeout' | 'probeMinInterval'> {
  const pollInterval = settings.value('poll_interval');
  const pollTimeout = settings.value('poll_timeout');
  const probeMinInterval = settings.value('probe_min_interval') ?? (method === 'basic' ? basicProbeMinInterval : 0);
  const isTooLong = pollInterval > 0 && pollTimeout > pollInterval;
  if (isTooLong && !settings.has('poll_timeout')) return { pollInterval, pollTimeout: pollInterval, probeMinInterval };
  if (isTooLong && settings.valid('poll_interval') && settings.valid('poll_timeout')) {
    const found = settings.shown('poll_timeout');
    settings.report('poll_timeout', `at most the poll_interval, ${settings.shown('poll_interval')}`, found);
  }
  return { pollInterval, pollTimeout, probeMinInterval };
}

function authenticationConfig(cluster: Cluster, address: URL | undefined): AuthenticationConfig | undefined {
  const { settings } = cluster;
  const isBasic = settings.has('basic_auth');
  if (settings.has('oauth2')) {
    if (isBasic) settings.report('basic_auth', 'at most one of basic_auth and oauth2', 'both');
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
  if (clientId === undefined || authentication === undefined || endpoint === undefined) return undefined;
  const isSaas = 'tokenUrl' in endpoint && endpoint.tokenUrl.href === saasTokenUrl;
  const isLimited = identityProviderOf(endpoint) === new URL(saasTokenUrl).origin;
  return {
    method: 'oauth2',
    clientId,
    clientAuthentication: authentication,
    endpoint,
    ...omitUndefined({
      audience: settings.value('oauth2.audience') ?? (isSaas ? 'zeebe.camunda.io' : undefined),
      resource: settings.value('oauth2.resource'),
      tokenRequestsPerSecond: settings.value('oauth2.token_requests_per_second') ?? (isLimited ? 1 : undefined),
    }),
    scopes: settings.value('oauth2.scopes'),
    endpointParams: settings.value('oauth2.endpoint_params'),
    transport,
  };
}

const issuerKeys = ['oauth2.issuer_url', 'oauth2.discovery_url'] as const;

/** Returns undefined if something is wrong, which is reported. */
function tokenEndpoint(settings: ClusterSettings, address: URL | undefined): TokenEndpointConfig | undefined {
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

/**
 * Camunda's token endpoint is a default only for clusters of Camunda, so that it does not get credentials of others.
 */
function defaultEndpoint(settings: ClusterSettings, address: URL | undefined): TokenEndpointConfig | undefined {
  if (address?.hostname.endsWith('.camunda.io')) return { tokenUrl: new URL(saasTokenUrl) };
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
  return { tls: tlsConfig(cluster, group), enableHttp2, ...omitUndefined({ proxyUrl }) };
}

function tlsConfig(cluster: Cluster, group: 'tls_config' | 'oauth2.tls_config'): TlsConfig {
  const { settings } = cluster;
  const certFile = `${group}.cert_file` as const;
  const keyFile = `${group}.key_file` as const;
  if (settings.has(certFile) || settings.has(keyFile)) {
    settings.required(certFile);
    settings.required(keyFile);
  }
  const cert = valueInFile(cluster, certFile, certificates);
  const key = valueInFile(cluster, keyFile, privateKey);
  if (cert !== undefined && key !== undefined && !belongTogether(cert, key)) {
    settings.report(keyFile, `the key of the certificate in ${settings.name(certFile)}`, 'another key');
  }
  return {
    ...omitUndefined({
      ca: valueInFile(cluster, `${group}.ca_file`, certificates),
      cert,
      key,
      serverName: settings.value(`${group}.server_name`),
      minVersion: settings.value(`${group}.min_version`),
    }),
    insecureSkipVerify: settings.value(`${group}.insecure_skip_verify`),
  };
}

/** The cluster with the current content of its files; the same object if they have not changed. */
export type ClusterReading =
  | { readonly ok: true; readonly cluster: ClusterConfig }
  /** The problems with the files, each in one line, without their content. */
  | { readonly ok: false; readonly problems: readonly string[] };

/**
 * Returns a function that reads the files of one cluster again, whose paths do not change. It never rejects, and waits
 * for at most a second.
 */
export function createClusterFilesReader(
  readFile = readFileInTurn,
): (cluster: ClusterConfig, signal: AbortSignal) => Promise<ClusterReading> {
  const read = createFileSetReader(readFile);
  return async (cluster, signal) => {
    const { files } = cluster;
    if (!files) return { ok: true, cluster };
    const reading = await read(files.digests, signal);
    switch (reading.status) {
      case 'unchanged':
        return { ok: true, cluster };
      case 'changed':
        return rebuildCluster(cluster, files, readFrom(reading.contents));
      case 'timeout':
        return { ok: false, problems: [`${files.paths.join(', ')}: ${notReadWithin(rereadTimeout)}`] };
    }
  };
}

function rebuildCluster(cluster: ClusterConfig, files: ClusterFiles, readFile: ReadFile): ClusterReading {
  const problems: Problem[] = [];
  const rebuilt = buildCluster(settingsOf(clusterTable, files.settings, problems), files.folder, readFile);
  if (!rebuilt || problems.length > 0) return { ok: false, problems: new ConfigError(problems).problems.map(lineOf) };
  return { ok: true, cluster: { ...cluster, ...rebuilt } };
}
