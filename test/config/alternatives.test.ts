import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { describeCluster, loadCluster } from '../../src/config/cluster-list.ts';
import { namedSource } from '../../src/config/resolve.ts';
import type { Raw } from '../../src/config/setting.ts';

type Settings = Readonly<Record<string, Raw>>;

const address = { name: 'one', address: 'https://bru-2.zeebe.camunda.io/0f4a' };
const basic = { 'basic_auth.username': 'demo', 'basic_auth.password': 'opensesame' };
const client = { 'oauth2.client_id': 'exporter' };
const secret = { 'oauth2.client_secret': 'opensesame' };
const secretFile = { 'oauth2.client_secret_file': 'no-such-file' };
const key = { 'oauth2.client_certificate_key_file': 'client-key.pem' };
const certificate = {
  'oauth2.tls_config.cert_file': 'client-cert.pem',
  'oauth2.tls_config.key_file': 'client-key.pem',
};

/** Loads a cluster from two sources, of which the second takes precedence. */
function merged(shared: Settings, own: Settings) {
  const sources = [address, shared, own].map((given) => namedSource(new Map(Object.entries(given)), new Map()));
  const description = describeCluster(sources, { folder: '/conf', env: {}, fromFile: true });
  const loaded = loadCluster(description, (path) =>
    readFileSync(new URL(path.replace('/conf', '../fixtures/config'), import.meta.url)),
  );
  return {
    ...loaded,
    problems: description.problems.map(({ expected, found }) => `expected ${expected}, found ${found}`),
  };
}

function authenticationOf(shared: Settings, own: Settings) {
  const { config, problems } = merged(shared, own);
  expect(problems).toEqual([]);
  return config?.authentication;
}

describe('a setting replaces its alternatives in sources of lower precedence:', () => {
  const usingSecret = { clientAuthentication: { method: 'client_secret_post' } };
  const usingKey = { clientAuthentication: { method: 'private_key_jwt' } };

  it.each<[string, Settings, Settings, object]>([
    ['a secret the file of one', { ...client, ...secretFile }, secret, usingSecret],
    [
      'basic_auth oauth2',
      { ...client, ...secretFile, 'oauth2.tls_config.ca_file': 'no-such-file' },
      basic,
      { method: 'basic' },
    ],
    [
      'oauth2 basic_auth',
      { 'basic_auth.password_file': 'no-such-file' },
      { ...client, ...secret },
      { method: 'oauth2' },
    ],
    ['a password the file of one', { 'basic_auth.password_file': 'no-such-file' }, basic, { method: 'basic' }],
    [
      'an issuer a token URL',
      { ...client, ...secret, 'oauth2.token_url': 'https://a.test/token' },
      { 'oauth2.issuer_url': 'https://b.test' },
      { endpoint: { issuerUrl: new URL('https://b.test') } },
    ],
    [
      'a token URL an issuer',
      { ...client, ...secret, 'oauth2.issuer_url': 'https://a.test' },
      { 'oauth2.token_url': 'https://b.test/token' },
      { endpoint: { tokenUrl: new URL('https://b.test/token') } },
    ],
    ['a key a secret', { ...client, ...secret }, key, usingKey],
    ['a key the file of a secret', { ...client, ...secretFile }, key, usingKey],
    [
      'a secret a key and all that belongs to it',
      { ...client, ...key, 'oauth2.client_auth': 'private_key_jwt', 'oauth2.client_certificate_key_id': 'one' },
      secret,
      usingSecret,
    ],
    [
      'a secret a certificate',
      { ...client, ...certificate, 'oauth2.client_auth': 'tls_client_auth' },
      secret,
      usingSecret,
    ],
    [
      'a certificate a secret',
      { ...client, ...secret },
      { ...certificate, 'oauth2.client_auth': 'tls_client_auth' },
      { clientAuthentication: { method: 'tls_client_auth' } },
    ],
    [
      'the password of a key the file of one',
      { ...client, ...key, 'oauth2.client_certificate_key_password_file': 'no-such-file' },
      { 'oauth2.client_certificate_key_password': 'opensesame' },
      usingKey,
    ],
  ])('%s', (_, shared, own, expected) => {
    expect(authenticationOf(shared, own)).toMatchObject(expected);
  });

  it('no other file of a setting is read, or listed among the settings in effect', () => {
    const { config, origin } = merged({ ...client, ...secretFile }, secret);
    expect(config?.files).toBeUndefined();
    expect(origin?.settings().map((setting) => setting.key)).not.toContain('oauth2.client_secret_file');
  });
});

describe('settings of lower precedence stay', () => {
  it('where they are no alternatives of what takes precedence', () => {
    const shared = {
      'oauth2.client_auth': 'client_secret_basic',
      'oauth2.issuer_url': 'https://a.test',
      'oauth2.audience': 'a',
    };
    expect(
      authenticationOf({ ...client, ...secretFile, ...shared }, { 'oauth2.client_id': 'own', ...secret }),
    ).toMatchObject({
      clientId: 'own',
      clientAuthentication: { method: 'client_secret_basic' },
      endpoint: { issuerUrl: new URL('https://a.test') },
      audience: 'a',
    });
  });
});

describe('alternatives in one source are an error, whatever another source has:', () => {
  it.each<[string, Settings, string]>([
    [
      'a secret and a file of one',
      { ...secret, ...secretFile },
      'expected only one of oauth2.client_secret and oauth2.client_secret_file, found both',
    ],
    ['basic_auth and oauth2', { ...basic, ...secret }, 'expected at most one of basic_auth and oauth2, found both'],
    [
      'a token URL and an issuer',
      { 'oauth2.token_url': 'https://a.test/token', 'oauth2.issuer_url': 'https://a.test' },
      'expected only one of oauth2.token_url and oauth2.issuer_url, found both',
    ],
    [
      'a secret and a key',
      { ...secret, ...key },
      'expected nothing, because of oauth2.client_certificate_key_file, found a value',
    ],
  ])('%s', (_, both, expected) => {
    const others = { ...client, 'oauth2.client_secret': 'other' };
    expect(merged(others, both).problems).toContain(expected);
    expect(merged(both, {}).problems).toContain(expected);
  });
});
