import { describe, expect, it } from 'vitest';

import { clientSecretOf, complaints, load, oauth2Of, onlyCluster, saasAddress } from './loading.ts';

const saas = { ZEEBE_REST_ADDRESS: saasAddress };
const oauth = { ...saas, CAMUNDA_CLIENT_ID: 'exporter', CAMUNDA_CLIENT_SECRET: 'opensesame' };
const basic = { CAMUNDA_BASIC_AUTH_USERNAME: 'demo', CAMUNDA_BASIC_AUTH_PASSWORD: 'opensesame' };

describe('without any variable', () => {
  it('is the local cluster without authentication', () => {
    const cluster = onlyCluster({});
    expect(cluster).toEqual({
      name: 'default',
      address: new URL('http://localhost:8080/'),
      labels: {},
      meta: { provider: 'environment' },
      apiVersion: 'auto',
      pollInterval: 15_000,
      pollTimeout: 10_000,
      probeMinInterval: 0,
      authentication: { method: 'none' },
      transport: { tls: { insecureSkipVerify: false }, enableHttp2: false },
      headers: {},
      settingNames: expect.objectContaining({
        address: 'ZEEBE_REST_ADDRESS',
        proxy_url: 'proxy_url in a configuration file (no variable sets it)',
      }),
    });
  });

  it('calls a setting by the variable that sets it', () => {
    const { settingNames } = onlyCluster({ env: { CAMUNDA_REST_ADDRESS: 'http://zeebe' } });
    expect(settingNames.address).toBe('CAMUNDA_REST_ADDRESS');
    expect(settingNames['oauth2.client_id']).toBe('CAMUNDA_CLIENT_ID');
  });

  it('takes an empty variable for an unset one', () => {
    const env = { ZEEBE_REST_ADDRESS: '', CAMUNDA_CLIENT_ID: '', CAMUNDA_AUTH_STRATEGY: '', ZEEBE_POLL_INTERVAL: '' };
    expect(onlyCluster({ env }).authentication).toEqual({ method: 'none' });
  });
});

describe('the cluster of the environment', () => {
  it.each(['ZEEBE_REST_ADDRESS', 'CAMUNDA_REST_ADDRESS'])('has the address of %s', (variable) => {
    expect(onlyCluster({ env: { [variable]: 'https://zeebe/base' } }).address.href).toBe('https://zeebe/base/');
  });

  it('has the version that its address ends with', () => {
    const cluster = onlyCluster({ env: { CAMUNDA_REST_ADDRESS: 'https://zeebe/v2' } });
    expect(cluster.apiVersion).toBe('v2');
    expect(cluster.address.href).toBe('https://zeebe/');
  });

  it('has its name and times from variables', () => {
    const env = { ZEEBE_CLUSTER_NAME: 'production', ZEEBE_POLL_INTERVAL: '1m', ZEEBE_POLL_TIMEOUT: '30s' };
    expect(onlyCluster({ env })).toMatchObject({ name: 'production', pollInterval: 60_000, pollTimeout: 30_000 });
  });

  it('may be set twice, to one value', () => {
    const env = { ZEEBE_REST_ADDRESS: 'http://zeebe', CAMUNDA_REST_ADDRESS: 'http://zeebe' };
    expect(onlyCluster({ env }).address.href).toBe('http://zeebe/');
  });

  it('names both variables where they contradict each other, and no secret', () => {
    const env = {
      ...oauth,
      CAMUNDA_REST_ADDRESS: 'http://two',
      ZEEBE_CLIENT_SECRET: 'another',
    };
    expect(complaints({ env })).toEqual([
      'ZEEBE_REST_ADDRESS and CAMUNDA_REST_ADDRESS: expected one value, found different ones',
      'CAMUNDA_CLIENT_SECRET and ZEEBE_CLIENT_SECRET: expected one value, found different ones',
    ]);
  });

  it('is told by the variable that is set, not by the other name', () => {
    expect(complaints({ env: { CAMUNDA_REST_ADDRESS: 'localhost:8080' } })).toEqual([
      'CAMUNDA_REST_ADDRESS: expected a URL that begins with http:// or https://, found "localhost:8080"',
    ]);
  });
});

describe('oauth2 from the environment', () => {
  it('asks the token endpoint of Camunda SaaS for its audience', () => {
    const authentication = oauth2Of({ env: oauth });
    expect(authentication).toMatchObject({
      clientId: 'exporter',
      clientAuthentication: { method: 'client_secret_post' },
      endpoint: { tokenUrl: new URL('https://login.cloud.camunda.io/oauth/token') },
      audience: 'zeebe.camunda.io',
      scopes: [],
      endpointParams: {},
    });
    expect(clientSecretOf(authentication)).toBe('opensesame');
    expect(authentication).not.toHaveProperty('resource');
  });

  it('has no default audience at another token endpoint', () => {
    expect(oauth2Of({ env: { ...oauth, CAMUNDA_OAUTH_URL: 'https://keycloak/token' } })).not.toHaveProperty('audience');
  });

  it('keeps the default audience where the default token endpoint is written out', () => {
    const env = { ...oauth, CAMUNDA_OAUTH_URL: 'https://login.cloud.camunda.io/oauth/token' };
    expect(oauth2Of({ env }).audience).toBe('zeebe.camunda.io');
  });

  it('takes the names of the Node SDK', () => {
    const env = {
      ...saas,
      ZEEBE_CLIENT_ID: 'exporter',
      ZEEBE_CLIENT_SECRET: 'opensesame',
      ZEEBE_TOKEN_AUDIENCE: 'zeebe-api',
      CAMUNDA_TOKEN_SCOPE: 'a',
      CAMUNDA_TOKEN_RESOURCE: 'urn:zeebe',
    };
    const authentication = oauth2Of({ env });
    expect(authentication).toMatchObject({
      clientId: 'exporter',
      audience: 'zeebe-api',
      scopes: ['a'],
      resource: 'urn:zeebe',
    });
  });

  it('separates scopes at spaces', () => {
    expect(oauth2Of({ env: { ...oauth, CAMUNDA_OAUTH_SCOPE: ' a  b/.default ' } }).scopes).toEqual(['a', 'b/.default']);
  });

  it.each([
    'CAMUNDA_CLIENT_SECRET_FILE',
    'ZEEBE_CLIENT_SECRET_FILE',
  ])('reads the secret from %s, relative to the working directory', (variable) => {
    const env = { ...saas, CAMUNDA_CLIENT_ID: 'exporter', [variable]: 'secrets/zeebe' };
    const authentication = oauth2Of({ env, files: { 'secrets/zeebe': 'opensesame\n' } });
    expect(clientSecretOf(authentication)).toBe('opensesame');
  });

  it('refuses a secret and its file together', () => {
    const env = { ...oauth, ZEEBE_CLIENT_SECRET_FILE: 'secrets/zeebe' };
    expect(complaints({ env, files: { 'secrets/zeebe': 'opensesame' } })).toEqual([
      'ZEEBE_CLIENT_SECRET_FILE: expected only one of CAMUNDA_CLIENT_SECRET and ZEEBE_CLIENT_SECRET_FILE, found both',
    ]);
  });

  it('misses the secret by both of its names', () => {
    expect(complaints({ env: { ...saas, CAMUNDA_CLIENT_ID: 'exporter' } })).toEqual([
      'CAMUNDA_CLIENT_SECRET: expected a value, or a file that holds it in CAMUNDA_CLIENT_SECRET_FILE, found nothing',
    ]);
  });
});

describe('basic authentication from the environment', () => {
  it('takes user name and password', () => {
    const { authentication } = onlyCluster({ env: basic });
    expect(authentication).toMatchObject({ method: 'basic', username: 'demo' });
    expect(authentication.method === 'basic' && authentication.password.open()).toBe('opensesame');
  });

  it('reads the password from a file', () => {
    const env = { CAMUNDA_BASIC_AUTH_USERNAME: 'demo', CAMUNDA_BASIC_AUTH_PASSWORD_FILE: 'secrets/zeebe' };
    const { authentication } = onlyCluster({ env, files: { 'secrets/zeebe': 'opensesame\r\n' } });
    expect(authentication.method === 'basic' && authentication.password.open()).toBe('opensesame');
  });
});

describe('CAMUNDA_AUTH_STRATEGY', () => {
  it.each([
    ['NONE', {}, 'none'],
    ['none', {}, 'none'],
    ['BASIC', basic, 'basic'],
    ['Basic', basic, 'basic'],
    ['OAUTH', oauth, 'oauth2'],
    ['oauth', oauth, 'oauth2'],
  ])('%s with its own credentials is taken', (strategy, credentials, method) => {
    const { config, notices } = load({ env: { ...credentials, CAMUNDA_AUTH_STRATEGY: strategy } });
    expect(config.clusters[0]?.authentication.method).toBe(method);
    expect(notices).toEqual([]);
  });

  it.each(['BEARER', 'COOKIE', 'NOPE'])('%s is not one of the three', (strategy) => {
    expect(complaints({ env: { ...oauth, CAMUNDA_AUTH_STRATEGY: strategy } })).toEqual([
      `CAMUNDA_AUTH_STRATEGY: expected one of NONE, BASIC, OAUTH, found "${strategy}"`,
    ]);
  });

  it('is asked for where both methods have credentials', () => {
    const [complaint, ...others] = complaints({ env: { ...oauth, ...basic } });
    expect(complaint).toMatch(/^CAMUNDA_AUTH_STRATEGY: expected BASIC or OAUTH, because of .*CAMUNDA_CLIENT_ID/);
    expect(complaint).toContain('CAMUNDA_BASIC_AUTH_USERNAME');
    expect(others).toEqual([]);
  });

  it.each([
    ['OAUTH', 'oauth2', ['CAMUNDA_BASIC_AUTH_USERNAME', 'CAMUNDA_BASIC_AUTH_PASSWORD']],
    ['BASIC', 'basic', ['CAMUNDA_CLIENT_ID', 'CAMUNDA_CLIENT_SECRET']],
  ])('%s settles it, and a notice names what is not used', (strategy, method, unused) => {
    const { config, notices } = load({ env: { ...oauth, ...basic, CAMUNDA_AUTH_STRATEGY: strategy } });
    expect(config.clusters[0]?.authentication.method).toBe(method);
    expect(notices.map(({ variables }) => variables)).toEqual([unused]);
  });

  it('does not look into what it does not use', () => {
    const env = {
      ...basic,
      CAMUNDA_AUTH_STRATEGY: 'BASIC',
      CAMUNDA_OAUTH_URL: 'nowhere',
      CAMUNDA_CLIENT_SECRET_FILE: 'gone',
    };
    expect(onlyCluster({ env }).authentication.method).toBe('basic');
  });

  it.each([
    ['CAMUNDA_CLIENT_ID', 'OAUTH'],
    ['ZEEBE_CLIENT_SECRET', 'OAUTH'],
    ['CAMUNDA_CLIENT_SECRET_FILE', 'OAUTH'],
    ['CAMUNDA_BASIC_AUTH_USERNAME', 'BASIC'],
    ['CAMUNDA_BASIC_AUTH_PASSWORD', 'BASIC'],
  ])('NONE contradicts %s', (variable, strategy) => {
    expect(complaints({ env: { CAMUNDA_AUTH_STRATEGY: 'NONE', [variable]: 'x' } })).toEqual([
      `CAMUNDA_AUTH_STRATEGY: expected ${strategy}, because of ${variable}, found NONE`,
    ]);
  });

  it('BASIC misses its user name', () => {
    const env = { CAMUNDA_AUTH_STRATEGY: 'BASIC', CAMUNDA_BASIC_AUTH_PASSWORD: 'opensesame' };
    expect(complaints({ env })).toEqual(['CAMUNDA_BASIC_AUTH_USERNAME: expected a value, found nothing']);
  });

  it('OAUTH misses its client where only a password is set', () => {
    const env = { ...saas, CAMUNDA_AUTH_STRATEGY: 'OAUTH', CAMUNDA_BASIC_AUTH_PASSWORD: 'opensesame' };
    expect(complaints({ env })).toEqual([
      'CAMUNDA_CLIENT_ID: expected a value, found nothing',
      'CAMUNDA_CLIENT_SECRET: expected a value, or a file that holds it in CAMUNDA_CLIENT_SECRET_FILE, found nothing',
    ]);
  });

  it.each([
    ['BASIC', 'CAMUNDA_BASIC_AUTH_USERNAME'],
    ['OAUTH', 'CAMUNDA_CLIENT_ID'],
  ])('%s alone misses its credentials', (strategy, variable) => {
    expect(complaints({ env: { CAMUNDA_AUTH_STRATEGY: strategy } })).toContain(
      `${variable}: expected a value, found nothing`,
    );
  });

  it('unset, a secret without a client id misses the client id', () => {
    expect(complaints({ env: { ...saas, CAMUNDA_CLIENT_SECRET: 'opensesame' } })).toEqual([
      'CAMUNDA_CLIENT_ID: expected a value, found nothing',
    ]);
  });

  it('unset, a token URL and an audience alone are not credentials, and a notice says so', () => {
    const env = { CAMUNDA_OAUTH_URL: 'https://keycloak/token', ZEEBE_TOKEN_AUDIENCE: 'zeebe-api' };
    const { config, notices } = load({ env });
    expect(config.clusters[0]?.authentication).toEqual({ method: 'none' });
    expect(notices.map(({ variables }) => variables)).toEqual([['CAMUNDA_OAUTH_URL', 'ZEEBE_TOKEN_AUDIENCE']]);
  });
});

describe('a proxy of the environment', () => {
  const expected = 'expected the URL of an HTTP proxy, such as http://proxy:3128 or proxy:3128, found';
  const encoded =
    'expected a URL whose user name and password are percent-encoded (a % in them is %25), found <secret>';

  it.each([
    ['HTTPS_PROXY', 'socks5://proxy:1080', `${expected} "socks5://proxy:1080"`],
    ['http_proxy', 'http://', `${expected} "http://"`],
    ['http_proxy', 'user:opensesame', `${expected} <secret>`],
    ['HTTPS_PROXY', 'http://user:100%@proxy:3128', encoded],
    ['HTTPS_PROXY', 'http://us%E4r:x@proxy:3128', encoded],
  ])('%s=%s is an error', (name, value, problem) => {
    expect(complaints({ env: { [name]: value } })).toEqual([`${name}: ${problem}`]);
  });

  it('is one whatever else is wrong', () => {
    const env = { HTTP_PROXY: 'ftp://proxy', HTTPS_PROXY: 'ftp://proxy', ZEEBE_REST_ADDRESS: 'zeebe' };
    expect(complaints({ env })).toHaveLength(3);
  });

  it.each([
    { HTTP_PROXY: '' },
    { HTTP_PROXY: 'http://proxy:3128', HTTPS_PROXY: 'https://user:100%25@proxy' },
    { http_proxy: 'http://proxy', HTTP_PROXY: 'hidden by the other spelling' },
    { http_proxy: '', HTTP_PROXY: 'hidden by the other spelling' },
    { HTTP_PROXY: 'proxy:3128', HTTPS_PROXY: 'user:password@proxy' },
    { NO_PROXY: '*' },
  ])('may be %j', (env) => {
    expect(load({ env }).config.clusters).toHaveLength(1);
  });

  it('does not matter where each cluster has its own', () => {
    const file = (proxy: string) =>
      `clusters: [{ name: a, address: http://a, proxy_url: http://proxy }, { name: b, address: http://b${proxy} }]`;
    const env = { HTTP_PROXY: 'ftp://proxy' };
    expect(load({ file: file(', proxy_url: http://proxy'), env }).config.clusters).toHaveLength(2);
    expect(complaints({ file: file(''), env })).toEqual([`HTTP_PROXY: ${expected} "ftp://proxy"`]);
  });
});
