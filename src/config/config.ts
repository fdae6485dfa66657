import type { SecureVersion } from 'node:tls';
import type { Secret } from '../secret.ts';
import type { ClientAuthentication } from './client-authentication-config.ts';
import type { FileDigests } from './file-reader.ts';
import type { ClusterMeta, StaticLabels } from './labels.ts';
import type { DiscoveryOfProvider, FilesDiscovery, KubernetesDiscovery } from './provider-config.ts';
import type { LeaderElectionConfig, Shard } from './replica-settings.ts';
import type { ResolvedSettings, Source } from './resolve.ts';

/**
 * The configuration that the exporter runs with: validated as a whole, with all defaults and the content of all files.
 */
export interface Config {
  /** At least one, unless there is discovery; names are unique. */
  readonly clusters: readonly ClusterConfig[];
  /** Of the configured and discovered clusters together, at least as many as are configured. Absent: no limit. */
  readonly maxClusters?: number;
  /** Of brokers, partitions and replicas of all clusters together. Absent: no limit. */
  readonly maxSeriesTotal?: number;
  /** Absent: this exporter polls all clusters. */
  readonly shard?: Shard;
  /** Absent: this exporter polls without asking others. */
  readonly leaderElection?: LeaderElectionConfig;
  /** Absent: there are no clusters beside those of the configuration. */
  readonly discovery?: DiscoveryConfig;
  readonly web: WebConfig;
  readonly log: LogConfig;
  /** Absent: plain HTTP, no passwords. */
  readonly webConfig?: LoadedWebConfig;
}

export const discoveryProviders = ['files', 'saas', 'kubernetes'] as const;
export type DiscoveryProvider = (typeof discoveryProviders)[number];

/** At least one provider. */
export interface DiscoveryConfig {
  readonly files?: FilesDiscovery;
  readonly saas?: SaasDiscovery;
  readonly kubernetes?: KubernetesDiscovery;
}

/** The clusters of an organization in Camunda SaaS. */
export interface SaasDiscovery extends DiscoveryOfProvider {
  /** The Administration API, described as the clusters are: its address, and the credentials of the organization. */
  readonly api: ClusterConfig;
  /** Patterns in which `*` stands for any characters. Absent: all clusters. */
  readonly filter: { readonly [K in SaasFilter]?: readonly string[] | undefined };
  /** Templates with placeholders such as `{id}`. */
  readonly clusterName: string;
  readonly clusterAddress: string;
  /** Templates by the name of the label. */
  readonly labels: StaticLabels;
  /** The file with further settings of one cluster. */
  readonly clusterFile?: string;
  /** Settings of all discovered clusters. */
  readonly cluster?: Source;
}

export const saasFilters = ['names', 'regions', 'plans', 'channels'] as const;
export type SaasFilter = (typeof saasFilters)[number];

export interface WebConfig {
  /** At least one. */
  readonly listenAddresses: readonly ListenAddress[];
  /** Begins with `/`. */
  readonly telemetryPath: string;
  /** Without query and fragment. Absent: each client uses a host of its own. */
  readonly externalUrl?: URL;
  /** Names in lower case, without port. Absent: all names are accepted. */
  readonly allowedHosts?: readonly string[];
  readonly externalLinks?: readonly ExternalLink[];
  /** The path of the web configuration, whose content is in `Config.webConfig`. */
  readonly configFile?: string;
}

/** A link of the status page, for each cluster. */
export interface ExternalLink {
  readonly name: string;
  /** A URL (http or https) in which `{cluster}` stands for the percent-encoded name of the cluster. */
  readonly template: string;
}

/** The web configuration as it was when the configuration was loaded. */
export interface LoadedWebConfig {
  readonly path: string;
  readonly file: WebConfigFile;
  /** Of the file itself and of those that it names. */
  readonly digests: FileDigests;
}

/** The content of a file in exporter-toolkit's format, for the exporter's own server. */
export interface WebConfigFile {
  /** Absent: plain HTTP. */
  readonly tls?: TlsServerConfig;
  /** Headers of all responses. */
  readonly headers: Readonly<Record<string, string>>;
  readonly users: Users;
}

/** User names with the bcrypt hashes of their passwords; empty: no password is required. */
export type Users = ReadonlyMap<string, Secret>;

export interface TlsServerConfig {
  /** PEM: the certificate first, then its intermediates. */
  readonly cert: string;
  readonly key: Secret;
  readonly clientAuthType: ClientAuthType;
  /** PEM. */
  readonly clientCa?: string;
  readonly clientAllowedSans?: readonly string[];
  readonly minVersion: SecureVersion;
  readonly maxVersion: SecureVersion;
  readonly preferServerCipherSuites: boolean;
  /** OpenSSL's names. */
  readonly cipherSuites?: readonly string[];
  readonly curves?: readonly string[];
}

/** Go's names, the weakest first. The two that verify need a client CA. */
export const clientAuthTypes = [
  'NoClientCert',
  'RequestClientCert',
  'RequireAnyClientCert',
  'VerifyClientCertIfGiven',
  'RequireAndVerifyClientCert',
] as const;
export type ClientAuthType = (typeof clientAuthTypes)[number];

export interface ListenAddress {
  /** Absent: every interface, IPv6 and IPv4. */
  readonly host?: string;
  /** 0 lets the operating system choose. */
  readonly port: number;
}

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export const logFormats = ['json', 'logfmt', 'pretty'] as const;

export interface LogConfig {
  readonly level: (typeof logLevels)[number];
  readonly format: (typeof logFormats)[number];
}

export const apiVersions = ['v1', 'v2', 'auto'] as const;
export type ApiVersion = (typeof apiVersions)[number];

/** Which physical tenants of a cluster of 8.10 are polled; without it, the one that the address leads to. */
export const physicalTenants = ['all'] as const;
export type PhysicalTenants = (typeof physicalTenants)[number];

export interface ClusterConfig {
  readonly name: string;
  /** The base to which `v1/topology` is appended: ends with `/`, without credentials, query and fragment. */
  readonly address: URL;
  readonly labels: StaticLabels;
  readonly meta: ClusterMeta;
  /** `auto` requests v1, and v2 if v1 is not found. */
  readonly apiVersion: ApiVersion;
  /** Present: `cluster/v2/topology` is requested, whatever the version is. */
  readonly physicalTenants?: PhysicalTenants;
  /** Milliseconds. 0: only requests for /probe lead to polls. */
  readonly pollInterval: number;
  /** Milliseconds, at most the interval unless that is 0; token requests included. */
  readonly pollTimeout: number;
  /** Milliseconds for which the result of a poll answers requests for /probe. */
  readonly probeMinInterval: number;
  /** Of its brokers, partitions and replicas. Absent: no limit. */
  readonly maxSeries?: number;
  readonly authentication: AuthenticationConfig;
  readonly transport: TransportConfig;
  /** Sent to the cluster with every request, never to the token endpoint. */
  readonly headers: Readonly<Record<string, Secret>>;
  readonly settingNames: SettingNames;
  /** Absent if the settings name no file. */
  readonly files?: ClusterFiles;
}

type TlsSetting = 'ca_file' | 'cert_file' | 'key_file' | 'server_name' | 'min_version';

/** The settings of a cluster that messages name. */
type NamedSetting =
  | 'address'
  | 'api_version'
  | 'physical_tenants'
  | 'poll_interval'
  | 'poll_timeout'
  | 'basic_auth.username'
  | 'basic_auth.password'
  | 'oauth2.client_id'
  | 'oauth2.client_secret'
  | 'oauth2.client_certificate_key_file'
  | 'oauth2.token_url'
  | 'oauth2.issuer_url'
  | 'oauth2.audience'
  | 'oauth2.scopes'
  | 'oauth2.token_requests_per_second'
  | `oauth2.tls_config.${TlsSetting}`
  | `tls_config.${TlsSetting}`
  | 'proxy_url'
  | 'enable_http2';

/** The name under which the user gives a setting: its key in a file, or the environment variable. */
export type SettingNames = Readonly<Record<NamedSetting, string>>;

/** The files that a cluster's settings name, and the data to build the cluster again when one of them changes. */
export interface ClusterFiles {
  /** Absolute; at least one. */
  readonly paths: readonly string[];
  /** Of the content with which the configuration was built. */
  readonly digests: FileDigests;
  readonly settings: ResolvedSettings;
  /** Where relative paths start. */
  readonly folder: string;
}

/** How a connection is made: to a cluster, or to its token endpoint. */
export interface TransportConfig {
  readonly tls: TlsConfig;
  /** Whether HTTP/2 is offered beside HTTP/1.1. */
  readonly enableHttp2: boolean;
  /** A secret, as it may contain credentials. Absent: the environment's HTTPS_PROXY, HTTP_PROXY and NO_PROXY. */
  readonly proxyUrl?: Secret;
}

export interface TlsConfig {
  /** PEM. Absent: the certificate authorities that Node.js trusts. */
  readonly ca?: string;
  /** PEM. `cert` and `key` are either both present or both absent. */
  readonly cert?: string;
  readonly key?: Secret;
  /** The name to request (SNI) and to verify. Absent: the host of the address. */
  readonly serverName?: string;
  readonly insecureSkipVerify: boolean;
  /** Absent: the default of Node.js. */
  readonly minVersion?: TlsVersion;
}

export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

export type AuthenticationConfig = NoAuthenticationConfig | BasicConfig | OAuth2Config;
export type AuthenticationMethod = AuthenticationConfig['method'];

export interface NoAuthenticationConfig {
  readonly method: 'none';
}

export interface BasicConfig {
  readonly method: 'basic';
  /** Without a colon (RFC 7617, 2). */
  readonly username: string;
  readonly password: Secret;
}

/** The client credentials grant (RFC 6749, 4.4). */
export interface OAuth2Config {
  readonly method: 'oauth2';
  readonly clientId: string;
  readonly clientAuthentication: ClientAuthentication;
  readonly endpoint: TokenEndpointConfig;
  readonly audience?: string;
  readonly scopes: readonly string[];
  readonly resource?: string;
  /** Additional parameters of the token request. */
  readonly endpointParams: Readonly<Record<string, Secret>>;
  readonly transport: TransportConfig;
  /** The limit of all requests to the identity provider together. Absent: no limit. */
  readonly tokenRequestsPerSecond?: number;
}

/** Configured, or named by the issuer's discovery document (OpenID Connect Discovery 1.0). */
export type TokenEndpointConfig = { readonly tokenUrl: URL } | { readonly issuerUrl: URL };

/** Returns the URL that is configured: that of the token endpoint or of the issuer. */
export function identityProviderUrl(endpoint: TokenEndpointConfig): URL {
  return 'tokenUrl' in endpoint ? endpoint.tokenUrl : endpoint.issuerUrl;
}

/** Returns scheme, host and port of the identity provider. */
export function identityProviderOf(endpoint: TokenEndpointConfig): string {
  return identityProviderUrl(endpoint).origin;
}
