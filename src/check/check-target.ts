import { secretsOfRequests } from '../auth/client-authentication.ts';
import type { ClientAuthenticationMethod, OAuth2Config, TransportConfig } from '../config/config.ts';
import type { ClusterKey } from '../config/effective-settings.ts';
import { hideSecrets } from '../redact.ts';
import { proxyCredentials } from '../transport/proxy.ts';
import type { Target } from './steps.ts';

/** What a check connects to, and what its settings are called. */
export interface Endpoint {
  readonly kind: 'cluster' | 'token';
  /** In the middle of a sentence. */
  readonly noun: string;
  readonly url: URL;
  readonly transport: TransportConfig;
  /** Milliseconds for each step. */
  readonly timeout: number;
  /** Names of settings, for sentences. */
  readonly names: Readonly<Record<'address' | 'ca' | 'cert' | 'key' | 'serverName' | 'minVersion', string>> & {
    /** The setting with its value, and where it can be set; absent where HTTP/1.1 is all that is spoken. */
    readonly enableHttp2?: string;
  };
}

export function clusterEndpoint({ config, origin }: Target): Endpoint {
  return {
    kind: 'cluster',
    noun: 'the cluster',
    url: config.address,
    transport: config.transport,
    timeout: config.pollTimeout,
    names: {
      address: origin.name('address'),
      ca: origin.name('tls_config.ca_file'),
      cert: origin.name('tls_config.cert_file'),
      key: origin.name('tls_config.key_file'),
      serverName: origin.name('tls_config.server_name'),
      minVersion: origin.name('tls_config.min_version'),
      enableHttp2: `enable_http2: true${origin.fromFile ? '' : ' in a configuration file (no variable sets it)'}`,
    },
  };
}

export function tokenEndpoint({ config, origin }: Target, { endpoint, transport }: OAuth2Config): Endpoint {
  return {
    kind: 'token',
    noun: 'the identity provider',
    url: 'tokenUrl' in endpoint ? endpoint.tokenUrl : endpoint.issuerUrl,
    transport,
    timeout: config.pollTimeout,
    names: {
      address: origin.name('tokenUrl' in endpoint ? 'oauth2.token_url' : 'oauth2.issuer_url'),
      ca: origin.name('oauth2.tls_config.ca_file'),
      cert: origin.name('oauth2.tls_config.cert_file'),
      key: origin.name('oauth2.tls_config.key_file'),
      serverName: origin.name('oauth2.tls_config.server_name'),
      minVersion: origin.name('oauth2.tls_config.min_version'),
    },
  };
}

/** Who answers at an address, as far as the address tells. */

export function isSaasCluster({ hostname }: URL): boolean {
  return hostname.endsWith('.zeebe.camunda.io');
}

/** A token endpoint, or an issuer, of a Keycloak. */
export function isKeycloak({ pathname }: URL): boolean {
  return pathname.includes('/realms/');
}

/** Microsoft Entra ID's endpoint of version 2.0, which wants a scope: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow */
export function isEntra({ hostname, pathname }: URL): boolean {
  const isMicrosoft = /^login\.(microsoftonline\.(com|us)|partner\.microsoftonline\.cn)$/.test(hostname);
  return pathname.endsWith('/oauth2/v2.0/token') || (isMicrosoft && /\/v2\.0\/?$/.test(pathname));
}

interface Proof {
  readonly key: ClusterKey;
  /** Behind 'with this'. */
  readonly noun: string;
  /** Why it may not be accepted. */
  readonly doubt: string;
}

const clientSecret: Proof = {
  key: 'oauth2.client_secret',
  noun: 'secret',
  doubt: 'the secret may have expired or been replaced',
};

const proofs: Readonly<Record<ClientAuthenticationMethod, Proof>> = {
  client_secret_post: clientSecret,
  client_secret_basic: clientSecret,
  private_key_jwt: {
    key: 'oauth2.client_certificate_key_file',
    noun: 'key',
    doubt:
      'the identity provider may have another public key or certificate for the client, want another algorithm or key ' +
      'id, or have another time',
  },
  tls_client_auth: {
    key: 'oauth2.tls_config.cert_file',
    noun: 'certificate',
    doubt: 'the identity provider may know the client by another certificate, or not trust who issued it',
  },
};

/** What the client proves itself with. */
export function proofOf({ clientAuthentication: { method } }: OAuth2Config): Proof {
  return proofs[method];
}

/** The two settings that make a client: `client_id and client_secret`, where none are set. */
export function clientNames({ config: { authentication }, origin }: Target): string {
  const { key } = authentication.method === 'oauth2' ? proofOf(authentication) : clientSecret;
  return `${origin.name('oauth2.client_id')} and ${origin.name(key)}`;
}

/** Hides in what others say what only the other requests of the check held. */
export function hideRest({ config: { transport, authentication } }: Target): (text: string) => string {
  const secrets = [
    ...proxyCredentials(transport),
    ...(authentication.method === 'oauth2' ? secretsOfRequests(authentication) : []),
  ];
  return (text) => hideSecrets(text, secrets);
}
