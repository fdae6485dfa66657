import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import type { AuthenticationConfig, ClusterConfig, OAuth2Config } from '../../src/config/config.ts';
import type { Table } from '../../src/config/setting.ts';
import { clusterTable } from '../../src/config/settings-table.ts';
import { clientSecretOf, complaints, load, oauth2Of, onlyCluster, saasAddress } from './loading.ts';

const fixture = (name: string) => readFileSync(new URL(`../fixtures/config/${name}`, import.meta.url));
const certificate = fixture('client-cert.pem').toString();
const files = {
  secret: 'from a file\n',
  'cert.pem': certificate,
  'key.pem': fixture('client-key.pem'),
  'client.p12': fixture('client.p12'),
};

const client = { CAMUNDA_CLIENT_ID: 'exporter', CAMUNDA_CLIENT_SECRET: 'opensesame' };
const saas = { ZEEBE_REST_ADDRESS: saasAddress };
const onPremises = { ZEEBE_REST_ADDRESS: 'http://zeebe:8080', ...client };
const certificates = { CAMUNDA_MTLS_CERT_PATH: 'cert.pem', CAMUNDA_MTLS_KEY_PATH: 'key.pem' };
const keystore = {
  ...saas,
  CAMUNDA_CLIENT_ID: 'exporter',
  CAMUNDA_CLIENT_ASSERTION_KEYSTORE_PATH: 'client.p12',
  CAMUNDA_CLIENT_ASSERTION_KEYSTORE_PASSWORD: 'opensesame',
};

type Environment = Readonly<Record<string, string>>;
type Read = (cluster: ClusterConfig) => unknown;

function oauth2(read: (authentication: OAuth2Config) => unknown): Read {
  return ({ authentication }) => (authentication.method === 'oauth2' ? read(authentication) : authentication);
}

const tokenUrl = oauth2(({ endpoint }) => 'tokenUrl' in endpoint && endpoint.tokenUrl.href);
const issuerUrl = oauth2(({ endpoint }) => 'issuerUrl' in endpoint && endpoint.issuerUrl.href);
const clientSecret = oauth2(clientSecretOf);
const password = ({ authentication }: { readonly authentication: AuthenticationConfig }) =>
  authentication.method === 'basic' && authentication.password.open();
const clientId = oauth2((authentication) => authentication.clientId);
const audience = oauth2((authentication) => authentication.audience);
const scopes = oauth2((authentication) => authentication.scopes);
const assertion = oauth2(({ clientAuthentication }) => clientAuthentication.method);
const address: Read = (cluster) => cluster.address.href;
const ca: Read = ({ transport, authentication }) => [
  transport.tls.ca,
  authentication.method === 'oauth2' && authentication.transport.tls.ca,
];
const certificateAndKey: Read = ({ transport, authentication }) =>
  [transport, authentication.method === 'oauth2' ? authentication.transport : transport].map(
    ({ tls }) => tls.cert === certificate && tls.key !== undefined,
  );

/** Each variable, the others that it needs, its value, and what becomes of it. */
const variables: readonly (readonly [variable: string, others: Environment, value: string, Read, unknown])[] = [
  ['ZEEBE_REST_ADDRESS', {}, 'http://zeebe:8080', address, 'http://zeebe:8080/'],
  ['CAMUNDA_REST_ADDRESS', {}, 'http://zeebe:8080', address, 'http://zeebe:8080/'],
  ['CAMUNDA_CLUSTER_ID', {}, '0f4a', address, 'https://bru-2.zeebe.camunda.io/0f4a/'],
  ['CAMUNDA_CLUSTER_REGION', { CAMUNDA_CLUSTER_ID: '0f4a' }, 'syd-1', address, 'https://syd-1.zeebe.camunda.io/0f4a/'],
  ['ZEEBE_CLUSTER_NAME', {}, 'production', ({ name }) => name, 'production'],
  ['ZEEBE_API_VERSION', {}, 'v2', ({ apiVersion }) => apiVersion, 'v2'],
  ['ZEEBE_PHYSICAL_TENANTS', {}, 'all', ({ physicalTenants }) => physicalTenants, 'all'],
  ['ZEEBE_POLL_INTERVAL', {}, '1m', ({ pollInterval }) => pollInterval, 60_000],
  ['ZEEBE_POLL_TIMEOUT', {}, '3s', ({ pollTimeout }) => pollTimeout, 3_000],
  ['CAMUNDA_AUTH_STRATEGY', {}, 'NONE', ({ authentication }) => authentication.method, 'none'],
  [
    'CAMUNDA_BASIC_AUTH_USERNAME',
    { CAMUNDA_BASIC_AUTH_PASSWORD: 'opensesame' },
    'demo',
    ({ authentication }) => authentication.method === 'basic' && authentication.username,
    'demo',
  ],
  ['CAMUNDA_BASIC_AUTH_PASSWORD', { CAMUNDA_BASIC_AUTH_USERNAME: 'demo' }, 'opensesame', password, 'opensesame'],
  ['CAMUNDA_BASIC_AUTH_PASSWORD_FILE', { CAMUNDA_BASIC_AUTH_USERNAME: 'demo' }, 'secret', password, 'from a file'],
  ['CAMUNDA_CLIENT_ID', { ...saas, CAMUNDA_CLIENT_SECRET: 'opensesame' }, 'exporter', clientId, 'exporter'],
  ['ZEEBE_CLIENT_ID', { ...saas, CAMUNDA_CLIENT_SECRET: 'opensesame' }, 'exporter', clientId, 'exporter'],
  ['CAMUNDA_CLIENT_SECRET', { ...saas, CAMUNDA_CLIENT_ID: 'exporter' }, 'opensesame', clientSecret, 'opensesame'],
  ['ZEEBE_CLIENT_SECRET', { ...saas, CAMUNDA_CLIENT_ID: 'exporter' }, 'opensesame', clientSecret, 'opensesame'],
  ['CAMUNDA_CLIENT_SECRET_FILE', { ...saas, CAMUNDA_CLIENT_ID: 'exporter' }, 'secret', clientSecret, 'from a file'],
  ['ZEEBE_CLIENT_SECRET_FILE', { ...saas, CAMUNDA_CLIENT_ID: 'exporter' }, 'secret', clientSecret, 'from a file'],
  ['CAMUNDA_OAUTH_URL', onPremises, 'https://login/token', tokenUrl, 'https://login/token'],
  ['CAMUNDA_AUTHORIZATION_SERVER_URL', onPremises, 'https://login/token', tokenUrl, 'https://login/token'],
  ['ZEEBE_AUTHORIZATION_SERVER_URL', onPremises, 'https://login/token', tokenUrl, 'https://login/token'],
  ['CAMUNDA_ISSUER_URL', onPremises, 'https://login/realms/a', issuerUrl, 'https://login/realms/a'],
  [
    'CAMUNDA_WELL_KNOWN_CONFIGURATION_URL',
    onPremises,
    'https://login/realms/a/.well-known/openid-configuration',
    issuerUrl,
    'https://login/realms/a',
  ],
  ['CAMUNDA_TOKEN_AUDIENCE', { ...saas, ...client }, 'zeebe-api', audience, 'zeebe-api'],
  ['ZEEBE_TOKEN_AUDIENCE', { ...saas, ...client }, 'zeebe-api', audience, 'zeebe-api'],
  ['CAMUNDA_OAUTH_SCOPE', { ...saas, ...client }, ' a  b/.default ', scopes, ['a', 'b/.default']],
  ['CAMUNDA_TOKEN_SCOPE', { ...saas, ...client }, 'a', scopes, ['a']],
  ['CAMUNDA_TOKEN_RESOURCE', { ...saas, ...client }, 'urn:zeebe', oauth2(({ resource }) => resource), 'urn:zeebe'],
  ['CAMUNDA_CLIENT_ASSERTION_KEYSTORE_PATH', keystore, 'client.p12', assertion, 'private_key_jwt'],
  ['CAMUNDA_CLIENT_ASSERTION_KEYSTORE_PASSWORD', keystore, 'opensesame', assertion, 'private_key_jwt'],
  ['CAMUNDA_CA_CERTIFICATE_PATH', { ...saas, ...client }, 'cert.pem', ca, [certificate, certificate]],
  ['ZEEBE_CA_CERTIFICATE_PATH', { ...saas, ...client }, 'cert.pem', ca, [certificate, certificate]],
  ['CAMUNDA_MTLS_CA_PATH', { ...saas, ...client }, 'cert.pem', ca, [certificate, certificate]],
  ['CAMUNDA_MTLS_CERT_PATH', { ...saas, ...client, ...certificates }, 'cert.pem', certificateAndKey, [true, true]],
  ['CAMUNDA_MTLS_KEY_PATH', { ...saas, ...client, ...certificates }, 'key.pem', certificateAndKey, [true, true]],
];

const table: Table = clusterTable;
/** The variables of each setting. */
const names = Object.values(table).map(({ variables: ofSetting = [] }) => ofSetting);

describe('the variables of the official clients', () => {
  it.each(variables)('%s is read', (variable, others, value, read, expected) => {
    const env = { ...others, [variable]: value };
    expect(read(onlyCluster({ env, files }))).toEqual(expected);
    expect(load({ env, files }).notices).toEqual([]);
  });

  it('are all of those that the table of settings has', () => {
    // Its password may be in a file like the other secrets.
    const walked = [...variables.map(([variable]) => variable), 'CAMUNDA_CLIENT_ASSERTION_KEYSTORE_PASSWORD_FILE'];
    expect(walked.toSorted()).toEqual([...new Set(names.flat())].toSorted());
  });

  it.each(names.filter(({ length }) => length > 1))('%s is no setting of two values', (one = '', other = '') => {
    expect(complaints({ env: { [one]: 'a', [other]: 'b' } })).toContain(
      `${one} and ${other}: expected one value, found different ones`,
    );
  });
});

describe('the id of a SaaS cluster', () => {
  it('does not matter where an address is set, as in the file of variables that Console offers', () => {
    const env = { ...saas, CAMUNDA_CLUSTER_ID: 'another', CAMUNDA_CLUSTER_REGION: 'syd-1' };
    expect(onlyCluster({ env }).address.href).toBe(`${saasAddress}/`);
    expect(load({ env }).notices).toEqual([]);
  });

  it('brings the token endpoint and the audience of the SaaS with it', () => {
    expect(oauth2Of({ env: { ...client, CAMUNDA_CLUSTER_ID: '0f4a' } })).toMatchObject({
      endpoint: { tokenUrl: new URL('https://login.cloud.camunda.io/oauth/token') },
      audience: 'zeebe.camunda.io',
    });
  });

  it('is what the address is told by', () => {
    const [cluster] = load({ env: { CAMUNDA_CLUSTER_ID: '0f4a' } }).clusters;
    expect(cluster?.config.settingNames.address).toBe('CAMUNDA_CLUSTER_ID');
    expect(cluster?.origin.settings()).toContainEqual({
      key: 'address',
      value: 'https://bru-2.zeebe.camunda.io/0f4a',
      place: 'CAMUNDA_CLUSTER_ID',
    });
  });

  it.each([
    [{ CAMUNDA_CLUSTER_ID: '0f4a/..' }, 'CAMUNDA_CLUSTER_ID', '0f4a/..'],
    [{ CAMUNDA_CLUSTER_ID: '0f 4a' }, 'CAMUNDA_CLUSTER_ID', '0f 4a'],
    [{ CAMUNDA_CLUSTER_ID: '0f4a', CAMUNDA_CLUSTER_REGION: 'x.y/' }, 'CAMUNDA_CLUSTER_REGION', 'x.y/'],
  ])('%j cannot lead to another host', (env, variable, value) => {
    expect(complaints({ env })).toEqual([`${variable}: expected letters, digits and hyphens only, found "${value}"`]);
  });

  it('is missed beside its region', () => {
    expect(load({ env: { CAMUNDA_CLUSTER_REGION: 'syd-1' } }).notices).toEqual([
      {
        message: 'CAMUNDA_CLUSTER_REGION has no effect without CAMUNDA_CLUSTER_ID',
        variables: ['CAMUNDA_CLUSTER_REGION'],
      },
    ]);
  });
});

describe('the issuer from the environment', () => {
  const discovery = 'https://login/realms/a/.well-known/openid-configuration';

  it('may be given by both variables, as one', () => {
    const env = { ...onPremises, CAMUNDA_ISSUER_URL: 'https://login/realms/a' };
    const both = { ...env, CAMUNDA_WELL_KNOWN_CONFIGURATION_URL: discovery };
    expect(issuerUrl(onlyCluster({ env: both }))).toBe('https://login/realms/a');
    const two = { ...both, CAMUNDA_ISSUER_URL: 'https://login/realms/b' };
    expect(complaints({ env: two })).toEqual([
      'CAMUNDA_WELL_KNOWN_CONFIGURATION_URL: expected the discovery document of the issuer in CAMUNDA_ISSUER_URL, found that of another one',
    ]);
  });

  it.each([
    ['CAMUNDA_ISSUER_URL', 'https://login/realms/a'],
    ['CAMUNDA_WELL_KNOWN_CONFIGURATION_URL', discovery],
  ])('%s and a token endpoint exclude each other', (variable, value) => {
    const env = { ...onPremises, ZEEBE_AUTHORIZATION_SERVER_URL: 'https://login/token', [variable]: value };
    expect(complaints({ env })).toEqual([
      `${variable}: expected only one of ZEEBE_AUTHORIZATION_SERVER_URL and ${variable}, found both`,
    ]);
  });

  it('has a discovery document at its usual place', () => {
    const env = { ...onPremises, CAMUNDA_WELL_KNOWN_CONFIGURATION_URL: 'https://login/realms/a' };
    expect(complaints({ env })).toEqual([
      'CAMUNDA_WELL_KNOWN_CONFIGURATION_URL: expected a URL that ends in /.well-known/openid-configuration, found "https://login/realms/a"',
    ]);
  });
});

describe('certificates from the environment', () => {
  it('are those of a cluster without OAuth too, and no variables of another strategy', () => {
    const { config, notices } = load({ env: { ...certificates, CAMUNDA_CA_CERTIFICATE_PATH: 'cert.pem' }, files });
    expect(config.clusters[0]?.transport.tls).toMatchObject({ ca: certificate, cert: certificate });
    expect(notices).toEqual([]);
  });

  it('are told by variable, and once', () => {
    const env = { ...saas, ...client, CAMUNDA_MTLS_CERT_PATH: 'cert.pem', CAMUNDA_CA_CERTIFICATE_PATH: 'gone' };
    expect(complaints({ env, files })).toEqual([
      'CAMUNDA_MTLS_KEY_PATH: expected a value, found nothing',
      `CAMUNDA_CA_CERTIFICATE_PATH: expected a readable file, found ${process.cwd()}/gone: no such file or directory`,
    ]);
  });
});
