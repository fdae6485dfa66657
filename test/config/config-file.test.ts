import { describe, expect, it } from 'vitest';

import { complaints, configError, fileWith, load, oauth2Of, onlyCluster, saasFileWith } from './loading.ts';

const quoted = 'in quotes if it looks like a number, true, false or null';

describe('a file with clusters', () => {
  it('gives every setting of a cluster', () => {
    const file = `
clusters:
  - name: production
    address: https://zeebe/0f4a
    api_version: auto
    poll_interval: 1m
    poll_timeout: 20s
    oauth2:
      client_id: exporter
      client_secret: opensesame
      issuer_url: https://keycloak/realms/camunda
      audience: zeebe-api
      scopes: [a, b]
      resource: urn:zeebe
      endpoint_params: { tenant: blue }
      client_auth: client_secret_basic
      tls_config: { server_name: keycloak.internal }
    tls_config: { insecure_skip_verify: true }
    proxy_url: http://proxy:3128
    enable_http2: true
    headers: { X-Tenant: blue }
`;
    const cluster = onlyCluster({ file });
    const authentication = oauth2Of({ file });
    expect(cluster).toMatchObject({
      name: 'production',
      address: new URL('https://zeebe/0f4a/'),
      apiVersion: 'auto',
      pollInterval: 60_000,
      pollTimeout: 20_000,
      transport: { tls: { insecureSkipVerify: true }, enableHttp2: true },
    });
    expect(authentication).toMatchObject({
      clientId: 'exporter',
      clientAuthentication: { method: 'client_secret_basic' },
      endpoint: { issuerUrl: new URL('https://keycloak/realms/camunda') },
      audience: 'zeebe-api',
      scopes: ['a', 'b'],
      resource: 'urn:zeebe',
      transport: { tls: { serverName: 'keycloak.internal', insecureSkipVerify: false }, enableHttp2: false },
    });
    expect(cluster.headers['X-Tenant']?.open()).toBe('blue');
    expect(authentication.endpointParams.tenant?.open()).toBe('blue');
  });

  it('sends both the cluster and its token endpoint through the proxy', () => {
    const file = saasFileWith('proxy_url: http://u:p@proxy:3128', 'oauth2: { client_id: a, client_secret: b }');
    expect(onlyCluster({ file }).transport.proxyUrl?.open()).toBe('http://u:p@proxy:3128/');
    expect(oauth2Of({ file }).transport.proxyUrl?.open()).toBe('http://u:p@proxy:3128/');
  });

  it('lets api_version win over the end of the address', () => {
    const file = 'clusters: [{ name: a, address: http://zeebe/v2, api_version: v1 }]';
    expect(onlyCluster({ file }).apiVersion).toBe('v1');
  });

  it('asks the default token endpoint for the default audience', () => {
    expect(oauth2Of({ file: saasFileWith('oauth2: { client_id: a, client_secret: b }') })).toMatchObject({
      endpoint: { tokenUrl: new URL('https://login.cloud.camunda.io/oauth/token') },
      audience: 'zeebe.camunda.io',
    });
    const discovered = saasFileWith('oauth2: { client_id: a, client_secret: b, issuer_url: https://keycloak }');
    expect(oauth2Of({ file: discovered })).not.toHaveProperty('audience');
  });

  it('may share parts by anchors and aliases, however often', () => {
    const clusters = Array.from(
      { length: 150 },
      (_, index) => `  - { name: c${index}, address: 'https://z.camunda.io', oauth2: *shared }`,
    );
    const file = `clusters:\n  - name: first\n    address: https://z.camunda.io\n    oauth2: &shared { client_id: a, client_secret: b }\n${clusters.join('\n')}`;
    const { config } = load({ file });
    expect(config.clusters).toHaveLength(151);
    expect(config.clusters.every(({ authentication }) => authentication.method === 'oauth2')).toBe(true);
  });

  it('takes empty groups for absent ones, but not an empty method of authentication', () => {
    expect(onlyCluster({ file: fileWith('tls_config: {}', 'headers: {}') }).transport.tls).toEqual({
      insecureSkipVerify: false,
    });
    expect(complaints({ file: fileWith('basic_auth: {}') })).toEqual([
      'conf/exporter.yml:4: clusters[0].basic_auth.username: expected a value, found nothing',
      'conf/exporter.yml:4: clusters[0].basic_auth.password: expected a value, or a file that holds it in basic_auth.password_file, found nothing',
    ]);
  });

  it("replaces the environment's cluster, and a notice names the variables that are set", () => {
    const env = { ZEEBE_REST_ADDRESS: 'nowhere', CAMUNDA_CLIENT_ID: 'exporter', ZEEBE_POLL_INTERVAL: '1m' };
    const { config, notices } = load({ env, file: fileWith() });
    expect(config.clusters.map(({ name }) => name)).toEqual(['one']);
    expect(notices.map(({ variables }) => variables)).toEqual([['ZEEBE_REST_ADDRESS', 'CAMUNDA_CLIENT_ID']]);
    expect(load({ env: { ZEEBE_POLL_INTERVAL: '1m' }, file: fileWith() }).notices).toEqual([]);
  });
});

describe('a file without clusters', () => {
  it('leaves the cluster to the environment', () => {
    const { config } = load({ env: { ZEEBE_CLUSTER_NAME: 'production' }, file: 'poll_interval: 20s\n' });
    expect(config.clusters.map(({ name }) => name)).toEqual(['production']);
  });

  it("gives the environment's cluster its interval", () => {
    expect(onlyCluster({ env: { ZEEBE_CLUSTER_NAME: 'a' }, file: 'poll_interval: 20s' }).pollInterval).toBe(20_000);
  });

  it.each([
    ['clusters: []', 'an empty list'],
    ['clusters:', 'an empty value'],
    ['clusters: {}', 'a mapping'],
    ['clusters: production', 'text'],
  ])('is not one that says %s', (file, found) => {
    expect(complaints({ file })).toEqual([
      `conf/exporter.yml:1: clusters: expected a list of at least one cluster, found ${found}`,
    ]);
  });
});

describe('what has the wrong shape', () => {
  it.each([
    ['oauth2: opensesame', 'oauth2', 'a mapping', 'text'],
    ['oauth2:', 'oauth2', 'a mapping', 'an empty value'],
    ['tls_config: []', 'tls_config', 'a mapping', 'an empty list'],
    ['basic_auth: [{ username: demo }]', 'basic_auth', 'a mapping', 'a list with a mapping in it'],
    ['proxy_url: { host: proxy }', 'proxy_url', `text (${quoted})`, 'a mapping'],
    ['api_version: 2', 'api_version', 'one of v1, v2, auto', 'a number'],
    ['poll_interval: 15', 'poll_interval', 'a duration such as 15s or 1m30s', 'a number'],
    ['poll_timeout: true', 'poll_timeout', 'a duration such as 15s or 1m30s', 'a boolean'],
    ['proxy_url:', 'proxy_url', `text (${quoted})`, 'an empty value'],
    ['headers: [a]', 'headers', `a mapping from names to texts (each ${quoted})`, 'a list'],
    [
      'headers: { X-Retry: 3 }',
      'headers',
      `a mapping from names to texts (each ${quoted})`,
      'a mapping with a number in it',
    ],
    [
      'headers: { X-Retry: }',
      'headers',
      `a mapping from names to texts (each ${quoted})`,
      'a mapping with an empty value in it',
    ],
    ['tls_config: { insecure_skip_verify: "true" }', 'tls_config.insecure_skip_verify', 'true or false', 'text'],
    ['tls_config: { insecure_skip_verify: 0 }', 'tls_config.insecure_skip_verify', 'true or false', 'a number'],
    ['tls_config: { server_name: [a] }', 'tls_config.server_name', `text (${quoted})`, 'a list'],
  ])('%s', (line, key, expected, found) => {
    expect(complaints({ file: fileWith(line) })).toEqual([
      `conf/exporter.yml:4: clusters[0].${key}: expected ${expected}, found ${found}`,
    ]);
  });

  it.each([
    ['client_id: 1234', 'client_id', 'a number'],
    ['client_id: 0123', 'client_id', 'a number'],
    ['client_id: 1e3', 'client_id', 'a number'],
    ['client_id: true', 'client_id', 'a boolean'],
    ['client_id: null', 'client_id', 'an empty value'],
    ['client_id: ~', 'client_id', 'an empty value'],
  ])('%s needs quotes, as YAML changes it', (line, key, found) => {
    expect(complaints({ file: saasFileWith(`oauth2: { client_secret: b, ${line} }`) })).toEqual([
      `conf/exporter.yml:4: clusters[0].oauth2.${key}: expected text (${quoted}), found ${found}`,
    ]);
  });

  it('is text as soon as it is in quotes', () => {
    expect(oauth2Of({ file: saasFileWith('oauth2: { client_secret: b, client_id: "0123" }') }).clientId).toBe('0123');
    expect(oauth2Of({ file: saasFileWith('oauth2: { client_secret: b, client_id: no }') }).clientId).toBe('no');
  });

  it.each(['- a', 'text', '15'])('is a whole file of %j', (file) => {
    expect(complaints({ file })).toEqual([expect.stringMatching(/^conf\/exporter\.yml:1: expected a mapping, found/)]);
  });

  it('is an entry of clusters that is no mapping', () => {
    expect(complaints({ file: 'clusters:\n  - production\n  - [a]\n  - \n' })).toEqual([
      'conf/exporter.yml:2: clusters[0]: expected a mapping, found text',
      'conf/exporter.yml:3: clusters[1]: expected a mapping, found a list',
      'conf/exporter.yml:4: clusters[2]: expected a mapping, found an empty value',
    ]);
  });
});

describe('a key that is not known', () => {
  it.each([
    ['adress: http://zeebe', 'adress', ' (did you mean address?)'],
    ['pollInterval: 15s', 'pollInterval', ' (did you mean poll_interval?)'],
    ['proxy: http://proxy', 'proxy', ' (did you mean proxy_url?)'],
    ['oauth2.client_id: exporter', '…'],
    ['auth_strategy: NONE', 'auth_strategy'],
    ['constructor: a', 'constructor'],
    ['__proto__: a', '__proto__'],
    ['15: a', '15'],
  ])('%s is told with its line and those that are known', (line, shown, meant = '') => {
    expect(complaints({ file: fileWith(line) })).toEqual([
      `conf/exporter.yml:4: clusters[0].${shown}: expected one of name, address, labels, api_version, physical_tenants, poll_interval, poll_timeout, probe_min_interval, max_series, basic_auth, oauth2, tls_config, proxy_url, enable_http2, headers, found an unknown key${meant}`,
    ]);
  });

  it('may stand in a group or at the top', () => {
    const file = `config: { check: true }\ncluster: []\n${fileWith('basic_auth:', '  user: demo', '  username: demo', '  password: b')}`;
    expect(complaints({ file })).toEqual([
      'conf/exporter.yml:1: config: expected one of poll_interval, poll_timeout, probe_min_interval, max_series, max_clusters, max_series_total, web, log, clusters, discovery, found an unknown key',
      'conf/exporter.yml:2: cluster: expected one of poll_interval, poll_timeout, probe_min_interval, max_series, max_clusters, max_series_total, web, log, clusters, discovery, found an unknown key (did you mean clusters?)',
      'conf/exporter.yml:7: clusters[0].basic_auth.user: expected one of username, password, password_file, found an unknown key (did you mean username?)',
    ]);
  });

  it('is a merge key, which is named', () => {
    const file = `x-shared: &shared { poll_interval: 1m }\n${fileWith('<<: *shared')}`;
    expect(complaints({ file })).toEqual([
      expect.stringMatching(
        /^conf\/exporter\.yml:5: clusters\[0\]\.<<: expected one of .*, found a merge key, which YAML 1\.2/,
      ),
    ]);
  });

  it('may begin with x- at the top, for values that aliases repeat, but not below', () => {
    const file = `x-oauth2: &shared { client_id: a, client_secret: b }\n${saasFileWith('oauth2: *shared')}`;
    expect(oauth2Of({ file }).clientId).toBe('a');
    expect(complaints({ file: fileWith('x-owner: a') })).toEqual([expect.stringContaining('found an unknown key')]);
  });

  it('is not shown where it may be a secret whose colon went missing', () => {
    const error = configError({ file: saasFileWith('oauth2: { client_id: a, client_secretopensesame }') });
    expect(error.message).toContain('conf/exporter.yml:4: clusters[0].oauth2.…: expected one of client_id,');
    expect(error.message).not.toContain('opensesame');
  });
});

describe('text that is not YAML', () => {
  it.each([
    ['clusters: [', '1:12', /./],
    ['a: 1\nb: "opensesame', '2:15', /Missing closing "quote/],
    ['a: 1\n a: opensesame', '1:4', /Nested mappings/],
    ['a: b: opensesame', '1:4', /Nested mappings/],
    ['clusters: 1\nclusters: 2', '2:1', /the key clusters twice/],
    ['a: 1\nb: { opensesame, opensesame }', '2:18', /the key … twice/],
    ['a: "\\opensesame"', '1:5', /escape sequence/],
    ['a: *opensesame', '1:4', /alias/],
    ['a: !opensesame b', '1:4', /tag/],
    ['a: 1\n---\nb: opensesame', '2:1', /more than one document/],
    ['a: @opensesame', '1:4', /./],
    ['a:\n\tb: opensesame', '2:1', /./],
  ])('%j is told with line and column, and without what it says', (file, position, reason) => {
    const error = configError({ file });
    expect(error.problems[0]).toMatchObject({
      place: `conf/exporter.yml:${position}`,
      expected: 'valid YAML',
      found: expect.stringMatching(reason),
    });
    expect(error.message).not.toContain('opensesame');
  });

  it('does not keep the problems of other places from being told', () => {
    expect(complaints({ file: 'a: [', env: { ZEEBE_POLL_INTERVAL: '15' }, flags: { 'log.level': 'loud' } })).toEqual([
      expect.stringMatching(/^conf\/exporter\.yml:1:5: expected valid YAML/),
      'ZEEBE_POLL_INTERVAL: expected a duration such as 15s or 1m30s, found "15"',
      '--log.level: expected one of debug, info, warn, error, found "loud"',
    ]);
  });
});

it('a file that cannot be read is named with the reason', () => {
  expect(complaints({ flags: { 'config.file': 'gone.yml' } })).toEqual([
    'gone.yml: expected a readable file, found no such file or directory',
  ]);
  expect(complaints({ flags: { 'config.file': '' } })).toEqual([
    '--config.file: expected text without control characters, not empty, found ""',
  ]);
});
