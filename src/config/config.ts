import { Secret } from '../secret.ts';

/** What runs holds this type: validated whole, every default filled in, every file read. */
export interface Config {
  /** At least one; names are unique. */
  readonly clusters: readonly ClusterConfig[];
  readonly web: WebConfig;
  readonly log: LogConfig;
}

export interface WebConfig {
  /** At least one. */
  readonly listenAddresses: readonly ListenAddress[];
  /** Begins with `/`. */
  readonly telemetryPath: string;
  /** Names in lower case, without port. Absent: every name that a client uses is accepted. */
  readonly allowedHosts?: readonly string[];
  /** TLS, users and headers: validated with the rest, but read by the server itself, which follows its changes. */
  readonly configFile?: string;
}

export interface ListenAddress {
  /** Absent: every interface, IPv6 and IPv4. */
  readonly host?: string;
  /** 0 lets the operating system choose. */
  readonly port: number;
}

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export const logFormats = ['json', 'pretty'] as const;

export interface LogConfig {
  readonly level: (typeof logLevels)[number];
  readonly format: (typeof logFormats)[number];
}

export const apiVersions = ['v1', 'v2', 'auto'] as const;
export type ApiVersion = (typeof apiVersions)[number];

export interface ClusterConfig {
  readonly name: string;
  /** The base to which `v1/topology` is appended: ends with `/`, holds no credentials, query or fragment. */
  readonly address: URL;
  /** `auto` asks v1, and v2 where v1 is not found. */
  readonly apiVersion: ApiVersion;
  /** Milliseconds. */
  readonly pollInterval: number;
  /** Milliseconds, at most the interval; token requests included. */
  readonly pollTimeout: number;
  readonly authentication: AuthenticationConfig;
  readonly transport: TransportConfig;
  /** Sent to the cluster with every request, never to the token endpoint. */
  readonly headers: Readonly<Record<string, Secret>>;
  readonly settingNames: SettingNames;
  /** Absent where the settings name no file. */
  readonly files?: ClusterFiles;
}

type TlsSetting = 'ca_file' | 'cert_file' | 'key_file' | 'server_name' | 'min_version';

/** The settings of a cluster that messages name. */
type NamedSetting =
  | 'address'
  | 'api_version'
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
  | `oauth2.tls_config.${TlsSetting}`
  | `tls_config.${TlsSetting}`
  | 'proxy_url'
  | 'enable_http2';

/** The name under which the user gives a setting: its key in a file, or the environment variable. */
export type SettingNames = Readonly<Record<NamedSetting, string>>;

/** The files that a cluster's settings name. What they held is in the configuration; it may change while it is in use. */
export interface ClusterFiles {
  /** Absolute, in the order of the settings; at least one. */
  readonly paths: readonly string[];
  /**
   * The same cluster with what `read` gives for these paths; this very configuration where that is what they held.
   * Throws a `ConfigError` where something is wrong.
   */
  readonly rebuild: (read: (path: string) => Buffer) => ClusterConfig;
}

/** How a connection is made: to a cluster, or to its token endpoint. */
export interface TransportConfig {
  readonly tls: TlsConfig;
  /** Whether HTTP/2 is offered beside HTTP/1.1. */
  readonly enableHttp2: boolean;
  /** May hold credentials, hence a secret. Absent: the environment's HTTPS_PROXY, HTTP_PROXY and NO_PROXY. */
  readonly proxyUrl?: Secret;
}

export interface TlsConfig {
  /** PEM. Absent: the certificate authorities that Node.js trusts. */
  readonly ca?: string;
  /** PEM; `cert` and `key` come together. */
  readonly cert?: string;
  readonly key?: Secret;
  /** The name to ask for (SNI) and to verify, where it is not the address's host. */
  readonly serverName?: string;
  readonly insecureSkipVerify: boolean;
  /** Absent: what Node.js has. */
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
  readonly endpoint: TokenEndpoint;
  readonly audience?: string;
  readonly scopes: readonly string[];
  readonly resource?: string;
  /** Anything else in the form. */
  readonly endpointParams: Readonly<Record<string, Secret>>;
  readonly transport: TransportConfig;
}

/** How the client proves who it is to the token endpoint. */
export type ClientAuthentication = ClientSecret | PrivateKeyJwt | TlsClientAuth;

export const clientAuthenticationMethods = [
  'client_secret_post',
  'client_secret_basic',
  'private_key_jwt',
  'tls_client_auth',
] as const;
export type ClientAuthenticationMethod = (typeof clientAuthenticationMethods)[number];

/** RFC 6749, 2.3.1. */
export interface ClientSecret {
  readonly method: 'client_secret_post' | 'client_secret_basic';
  readonly secret: Secret;
}

/** A signed assertion (RFC 7523, 2.2). */
export interface PrivateKeyJwt {
  readonly method: 'private_key_jwt';
  /** PKCS#8 in PEM; of the kind and size that the algorithm asks for. */
  readonly key: Secret;
  readonly algorithm: SignatureAlgorithm;
  /** The header `kid`. */
  readonly keyId?: string;
  /** PEM, that of the key: the header `x5t#S256` is its thumbprint. */
  readonly certificate?: string;
}

/** RFC 7518, 3.1. */
export const signatureAlgorithms = ['RS256', 'PS256', 'ES256'] as const;
export type SignatureAlgorithm = (typeof signatureAlgorithms)[number];

/** The certificate of the connection (RFC 8705, 2): `transport.tls` has one. */
export interface TlsClientAuth {
  readonly method: 'tls_client_auth';
}

/** Given, or found in the issuer's discovery document (OpenID Connect Discovery 1.0). */
export type TokenEndpoint = { readonly tokenUrl: URL } | { readonly issuerUrl: URL };

/**
 * Whether two configurations, or parts of them, say the same. Secrets count by what they hold, objects in any order of
 * their keys; functions do not count. What is of another class is equal to itself only: rather a cluster that starts
 * anew for nothing than one that goes on with what no longer is.
 */
export function equal(one: unknown, other: unknown): boolean {
  if (one instanceof Secret && other instanceof Secret) return one.equals(other);
  if (one instanceof URL && other instanceof URL) return one.href === other.href;
  if (one instanceof Uint8Array && other instanceof Uint8Array) return Buffer.compare(one, other) === 0;
  if (Array.isArray(one) && Array.isArray(other)) return equalRecords({ ...one }, { ...other });
  if (isRecord(one) && isRecord(other)) return equalRecords(one, other);
  if (typeof one === 'function' && typeof other === 'function') return true;
  return Object.is(one, other);
}

function equalRecords(one: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>): boolean {
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && equal(one[key], other[key]))
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && [Object.prototype, null].includes(Object.getPrototypeOf(value));
}
