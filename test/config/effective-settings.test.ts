import { describe, expect, it } from 'vitest';

import type { LoadedCluster } from '../../src/config/effective-settings.ts';
import { load } from './loading.ts';

function onlyLoaded(given: Parameters<typeof load>[0]): LoadedCluster {
  const [cluster] = load(given).clusters;
  if (cluster === undefined) {
    throw new Error('a cluster was expected');
  }
  return cluster;
}

/** `key = value (place)`, as they are listed. */
function listed(given: Parameters<typeof load>[0]): readonly string[] {
  return onlyLoaded(given)
    .origin.settings()
    .map(({ key, value, place }) => `${key} = ${value} (${place})`);
}

describe('the settings in force', () => {
  it('are the defaults where nothing is set', () => {
    expect(listed({})).toEqual([
      'name = default (default)',
      'address = http://localhost:8080/ (default)',
      'api_version = auto (default)',
      'poll_interval = 15s (default)',
      'poll_timeout = 10s (default)',
    ]);
  });

  it('stand with the variable that gave them, secrets hidden', () => {
    const env = {
      CAMUNDA_REST_ADDRESS: 'https://bru-2.zeebe.camunda.io/base/v2',
      ZEEBE_CLUSTER_NAME: 'production',
      ZEEBE_POLL_INTERVAL: '5s',
      ZEEBE_CLIENT_ID: 'exporter',
      CAMUNDA_CLIENT_SECRET: 'OPENSESAME',
      CAMUNDA_OAUTH_SCOPE: 'a b',
    };
    expect(listed({ env })).toEqual([
      'name = production (ZEEBE_CLUSTER_NAME)',
      'address = https://bru-2.zeebe.camunda.io/base/v2 (CAMUNDA_REST_ADDRESS)',
      'api_version = v2 (CAMUNDA_REST_ADDRESS)',
      'poll_interval = 5s (ZEEBE_POLL_INTERVAL)',
      'poll_timeout = 5s (default)',
      'oauth2.client_id = exporter (ZEEBE_CLIENT_ID)',
      'oauth2.client_secret = <secret> (CAMUNDA_CLIENT_SECRET)',
      'oauth2.token_url = https://login.cloud.camunda.io/oauth/token (default)',
      'oauth2.audience = zeebe.camunda.io (default)',
      'oauth2.scopes = a b (CAMUNDA_OAUTH_SCOPE)',
      'oauth2.client_auth = client_secret_post (default)',
    ]);
  });

  it('stand with file and line, those from the top and from the environment too', () => {
    const file = `\
poll_interval: 20s
clusters:
  - name: one
    address: http://zeebe:8080
    oauth2:
      client_id: exporter
      client_secret_file: secret
      issuer_url: https://login/realms/one
      endpoint_params: { tenant: OPENSESAME }
    tls_config: { insecure_skip_verify: true }
    proxy_url: http://user:OPENSESAME@proxy:3128
    headers: { X-Api-Key: OPENSESAME }
`;
    const env = { ZEEBE_POLL_TIMEOUT: '3s' };
    expect(listed({ file, env, files: { 'conf/secret': 'OPENSESAME' } })).toEqual([
      'name = one (conf/exporter.yml:3: clusters[0].name)',
      'address = http://zeebe:8080 (conf/exporter.yml:4: clusters[0].address)',
      'api_version = auto (default)',
      'poll_interval = 20s (conf/exporter.yml:1: poll_interval)',
      'poll_timeout = 3s (ZEEBE_POLL_TIMEOUT)',
      'oauth2.client_id = exporter (conf/exporter.yml:6: clusters[0].oauth2.client_id)',
      'oauth2.client_secret_file = secret (conf/exporter.yml:7: clusters[0].oauth2.client_secret_file)',
      'oauth2.issuer_url = https://login/realms/one (conf/exporter.yml:8: clusters[0].oauth2.issuer_url)',
      'oauth2.endpoint_params = <secret> (conf/exporter.yml:9: clusters[0].oauth2.endpoint_params)',
      'oauth2.client_auth = client_secret_post (default)',
      'tls_config.insecure_skip_verify = true (conf/exporter.yml:10: clusters[0].tls_config.insecure_skip_verify)',
      'proxy_url = <secret> (conf/exporter.yml:11: clusters[0].proxy_url)',
      'headers = <secret> (conf/exporter.yml:12: clusters[0].headers)',
    ]);
  });
});

describe('the name of a setting', () => {
  it('is its key where a file describes the cluster', () => {
    const { config, origin } = onlyLoaded({ file: 'clusters: [{ name: one, address: "http://zeebe" }]' });
    expect(origin.fromFile).toBe(true);
    expect(config.settingNames['oauth2.audience']).toBe('oauth2.audience');
    expect(config.settingNames['tls_config.ca_file']).toBe('tls_config.ca_file');
  });

  it('is the variable that is set, or could be, where the environment does', () => {
    const { config, origin } = onlyLoaded({ env: { CAMUNDA_REST_ADDRESS: 'http://zeebe' } });
    expect(origin.fromFile).toBe(false);
    expect(config.settingNames.address).toBe('CAMUNDA_REST_ADDRESS');
    expect(config.settingNames['oauth2.audience']).toBe('CAMUNDA_TOKEN_AUDIENCE');
    expect(config.settingNames['tls_config.ca_file']).toBe('CAMUNDA_CA_CERTIFICATE_PATH');
    expect(config.settingNames.proxy_url).toBe('proxy_url in a configuration file (no variable sets it)');
  });
});
