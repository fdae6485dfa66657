import type { Secret } from './secret.ts';

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
}

/** How a connection is made: to a cluster, or to its token endpoint. */
export interface TransportConfig {
  readonly tls: TlsConfig;
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
}

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

/** How the client proves who it is to the token endpoint; each further method becomes a member of this union. */
export type ClientAuthentication = {
  readonly method: 'client_secret_post' | 'client_secret_basic';
  readonly secret: Secret;
};

/** Given, or found in the issuer's discovery document (OpenID Connect Discovery 1.0). */
export type TokenEndpoint = { readonly tokenUrl: URL } | { readonly issuerUrl: URL };
