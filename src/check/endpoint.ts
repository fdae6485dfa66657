import type { OAuth2Config, TransportConfig } from '../config/config.ts';
import type { Target } from './step.ts';

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
