import { describe, expect, it } from 'vitest';
import { configSummary } from '../src/config-summary.ts';
import { load } from './config/loading.ts';

const summary = (given: Parameters<typeof load>[0]) => {
  const { clusters, config } = load(given);
  return configSummary(clusters, config);
};

describe('the summary of a valid configuration', () => {
  it('lists address and authentication of each cluster with file and line, without secrets', () => {
    const file = `\
clusters:
  - name: production
    address: https://zeebe.example.com/v2
    oauth2: { client_id: exporter, client_secret: OPENSESAME, token_url: https://login.example.com/token }
  - name: staging
    address: http://staging:8080
    basic_auth:
      username: demo
      password: OPENSESAME
  - { name: local, address: http://localhost:8080 }
`;
    expect(summary({ file })).toBe(`\
The configuration is valid: production, staging, local.

production
  address: https://zeebe.example.com/v2 (conf/exporter.yml:3: clusters[0].address)
  authentication: OAuth 2
    oauth2.client_id: exporter (conf/exporter.yml:4: clusters[0].oauth2.client_id)
    oauth2.client_secret: <secret> (conf/exporter.yml:4: clusters[0].oauth2.client_secret)
    oauth2.token_url: https://login.example.com/token (conf/exporter.yml:4: clusters[0].oauth2.token_url)
    oauth2.client_auth: client_secret_post (default)

staging
  address: http://staging:8080 (conf/exporter.yml:6: clusters[1].address)
  authentication: HTTP Basic
    basic_auth.username: demo (conf/exporter.yml:8: clusters[1].basic_auth.username)
    basic_auth.password: <secret> (conf/exporter.yml:9: clusters[1].basic_auth.password)

local
  address: http://localhost:8080 (conf/exporter.yml:10: clusters[2].address)
  authentication: none
`);
  });

  it('lists where clusters are discovered', () => {
    const saas = 'saas: { oauth2: { client_id: org, client_secret: OPENSESAME } }';
    const file = `discovery: { files: { paths: [conf.d/*.yml, other.yml] }, ${saas} }`;
    expect(summary({ file })).toBe(`\
The configuration is valid.

discovery
  files: conf.d/*.yml, other.yml
  saas: https://api.cloud.camunda.io/
`);
  });

  it('names the variables of the cluster from the environment', () => {
    const env = {
      CAMUNDA_CLUSTER_ID: '0f4a',
      CAMUNDA_AUTH_STRATEGY: 'OAUTH',
      ZEEBE_CLIENT_ID: 'exporter',
      ZEEBE_CLIENT_SECRET: 'OPENSESAME',
    };
    expect(summary({ env })).toBe(`\
The configuration is valid: default.

default
  address: https://bru-2.zeebe.camunda.io/0f4a (CAMUNDA_CLUSTER_ID)
  authentication: OAuth 2
    auth_strategy: OAUTH (CAMUNDA_AUTH_STRATEGY)
    oauth2.client_id: exporter (ZEEBE_CLIENT_ID)
    oauth2.client_secret: <secret> (ZEEBE_CLIENT_SECRET)
    oauth2.token_url: https://login.cloud.camunda.io/oauth/token (default)
    oauth2.audience: zeebe.camunda.io (default)
    oauth2.client_auth: client_secret_post (default)
`);
  });

  it('describes the clusters of all shards, and names the shard that polls each', () => {
    const file = 'clusters: [{ name: production, address: "http://a" }, { name: a/b, address: "http://b" }]';
    const flags = { shard: '0', total_shards: '7' };
    const { clusters, config } = load({ file, flags });
    expect(configSummary(clusters, config)).toContain('production\n  shard: 1\n  address: http://a ');
    expect(configSummary(clusters, config)).toContain('a/b\n  shard: 4\n  address: http://b ');
  });

  it('says that nothing is set', () => {
    expect(summary({})).toContain('  address: http://localhost:8080/ (default)\n  authentication: none\n');
  });

  it('escapes characters that a terminal would act on', () => {
    const file = String.raw`clusters: [{ name: "a\u202eb", address: "http://zeebe" }]`;
    expect(summary({ file })).not.toContain('\u202e');
  });
});
