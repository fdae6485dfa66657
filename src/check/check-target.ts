import type { ClientAuthenticationMethod } from '../config/client-authentication-config.ts';
import { identityProviderUrl, type OAuth2Config, type SettingNames, type TransportConfig } from '../config/config.ts';
import type { LoadedCluster } from '../config/effective-settings.ts';

/** A cluster to check, and where its settings came from. */
export type Target = LoadedCluster;

/** A server that a check connects to, and the names of the settings that say how. */
export interface Endpoint {
  readonly kind: 'cluster' | 'token';
  /** For the middle of a sentence. */
  readonly noun: string;
  readonly url: URL;
  readonly transport: TransportConfig;
  /** Milliseconds for each step. */
  readonly timeout: number;
  readonly names: Readonly<Record<'address' | 'ca' | 'cert' | 'key' | 'serverName' | 'minVersion', string>> & {
    /** Absent if only HTTP/1.1 is supported. */
    readonly enableHttp2?: string;
  };
}

export function clusterEndpoint({ config }: Target): Endpoint {
  const { address, transport, pollTimeout, settingNames } = config;
  return {
    kind: 'cluster',
    noun: 'the cluster',
    url: address,
    transport,
    timeout: pollTimeout,
    names: {
      address: settingNames.address,
      ca: settingNames['tls_config.ca_file'],
      cert: settingNames['tls_config.cert_file'],
      key: settingNames['tls_config.key_file'],
      serverName: settingNames['tls_config.server_name'],
      minVersion: settingNames['tls_config.min_version'],
      enableHttp2: settingNames.enable_http2,
    },
  };
}

export function tokenEndpoint({ config }: Target, { endpoint, transport }: OAuth2Config): Endpoint {
  const { pollTimeout, settingNames } = config;
  return {
    kind: 'token',
    noun: 'the identity provider',
    url: identityProviderUrl(endpoint),
    transport,
    timeout: pollTimeout,
    names: {
      address: settingNames['tokenUrl' in endpoint ? 'oauth2.token_url' : 'oauth2.issuer_url'],
      ca: settingNames['oauth2.tls_config.ca_file'],
      cert: settingNames['oauth2.tls_config.cert_file'],
      key: settingNames['oauth2.tls_config.key_file'],
      serverName: settingNames['oauth2.tls_config.server_name'],
      minVersion: settingNames['oauth2.tls_config.min_version'],
    },
  };
}

/** A host as sockets and name servers take it: IPv6 without brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

export function portOf({ port, protocol }: URL): number {
  return Number(port) || (protocol === 'https:' ? 443 : 80);
}

export function isSaasCluster({ hostname }: URL): boolean {
  return hostname.endsWith('.zeebe.camunda.io');
}

/** Whether a token endpoint or an issuer belongs to a Keycloak. */
export function isKeycloak({ pathname }: URL): boolean {
  return pathname.includes('/realms/');
}

/**
 * Whether it belongs to Microsoft Entra ID, version 2.0, which requires a scope:
 * https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
 */
export function isEntra({ hostname, pathname }: URL): boolean {
  const isMicrosoft = /^login\.(microsoftonline\.(com|us)|partner\.microsoftonline\.cn)$/.test(hostname);
  return pathname.endsWith('/oauth2/v2.0/token') || (isMicrosoft && /\/v2\.0\/?$/.test(pathname));
}

/** What a client authenticates itself with. */
interface ClientCredential {
  readonly key: keyof SettingNames;
  /** Follows 'with this'. */
  readonly noun: string;
}

const clientSecret: ClientCredential = { key: 'oauth2.client_secret', noun: 'secret' };

const credentials: Readonly<Record<ClientAuthenticationMethod, ClientCredential>> = {
  client_secret_post: clientSecret,
  client_secret_basic: clientSecret,
  private_key_jwt: { key: 'oauth2.client_certificate_key_file', noun: 'key' },
  tls_client_auth: { key: 'oauth2.tls_config.cert_file', noun: 'certificate' },
};

export function credentialOf({ clientAuthentication: { method } }: OAuth2Config): ClientCredential {
  return credentials[method];
}

/** The names of the two settings that make a client: `client_id and client_secret` if neither is set. */
export function clientNames({ config: { authentication, settingNames } }: Target): string {
  const { key } = authentication.method === 'oauth2' ? credentialOf(authentication) : clientSecret;
  return `${settingNames['oauth2.client_id']} and ${settingNames[key]}`;
}
