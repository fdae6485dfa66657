import type { SettingNames } from '../src/config/config.ts';
import type { Failure, FailureReason } from '../src/failure.ts';
import { failureText } from '../src/failure-text.ts';

/** What a cluster's settings are called in a configuration file. */
export const fileNames: SettingNames = {
  address: 'address',
  api_version: 'api_version',
  physical_tenants: 'physical_tenants',
  poll_interval: 'poll_interval',
  poll_timeout: 'poll_timeout',
  'basic_auth.username': 'basic_auth.username',
  'basic_auth.password': 'basic_auth.password',
  'oauth2.client_id': 'oauth2.client_id',
  'oauth2.client_secret': 'oauth2.client_secret',
  'oauth2.client_certificate_key_file': 'oauth2.client_certificate_key_file',
  'oauth2.token_url': 'oauth2.token_url',
  'oauth2.issuer_url': 'oauth2.issuer_url',
  'oauth2.audience': 'oauth2.audience',
  'oauth2.scopes': 'oauth2.scopes',
  'oauth2.token_requests_per_second': 'oauth2.token_requests_per_second',
  'oauth2.tls_config.ca_file': 'oauth2.tls_config.ca_file',
  'oauth2.tls_config.cert_file': 'oauth2.tls_config.cert_file',
  'oauth2.tls_config.key_file': 'oauth2.tls_config.key_file',
  'oauth2.tls_config.server_name': 'oauth2.tls_config.server_name',
  'oauth2.tls_config.min_version': 'oauth2.tls_config.min_version',
  'tls_config.ca_file': 'tls_config.ca_file',
  'tls_config.cert_file': 'tls_config.cert_file',
  'tls_config.key_file': 'tls_config.key_file',
  'tls_config.server_name': 'tls_config.server_name',
  'tls_config.min_version': 'tls_config.min_version',
  proxy_url: 'proxy_url',
  enable_http2: 'enable_http2',
};

/** A failure as people read it, where the settings are in a configuration file. */
export function told<Reason extends FailureReason>(failure: Failure<Reason>) {
  return { reason: failure.reason, ...failureText(failure, fileNames) };
}
