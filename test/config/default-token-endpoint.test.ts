import { describe, expect, it } from 'vitest';

import { complaints, oauth2Of } from './loading.ts';

const saasTokenUrl = 'https://login.cloud.camunda.io/oauth/token';
const client = { CAMUNDA_CLIENT_ID: 'exporter', CAMUNDA_CLIENT_SECRET: 'opensesame' };

/** The same cluster, from the environment and from a file. */
function bothWays(address: string) {
  const oauth2 = 'oauth2: { client_id: exporter, client_secret: opensesame }';
  return [
    { env: { ...client, ZEEBE_REST_ADDRESS: address } },
    { file: `clusters:\n  - name: one\n    address: ${address}\n    ${oauth2}` },
  ];
}

describe('credentials without a token endpoint', () => {
  it.each([
    'https://bru-2.zeebe.camunda.io/0f4a',
    'https://bru-2.zeebe.camunda.io:443/0f4a/v2',
    'https://BRU-2.ZEEBE.CAMUNDA.IO/0f4a',
    'https://api.camunda.io',
  ])('go to the SaaS where the cluster at %s is its own', (address) => {
    for (const given of bothWays(address)) {
      expect(oauth2Of(given)).toMatchObject({
        endpoint: { tokenUrl: new URL(saasTokenUrl) },
        audience: 'zeebe.camunda.io',
      });
    }
  });

  it.each([
    'http://localhost:8080',
    'http://zeebe.example.com',
    'https://camunda.io',
    'https://evilcamunda.io',
    'https://bru-2.zeebe.camunda.io.example.com/0f4a',
    'https://example.com/bru-2.zeebe.camunda.io',
    'https://example.com/.camunda.io',
  ])('go nowhere for %s', (address) => {
    const [env = {}, file = {}] = bothWays(address);
    expect(complaints(env)).toEqual([
      'CAMUNDA_OAUTH_URL: expected a token endpoint, or an issuer in CAMUNDA_ISSUER_URL (only addresses under .camunda.io have a default), found neither',
    ]);
    expect(complaints(file)).toEqual([
      'conf/exporter.yml:4: clusters[0].oauth2.token_url: expected a token endpoint, or an issuer in oauth2.issuer_url (only addresses under .camunda.io have a default), found neither',
    ]);
  });

  it('go nowhere for the address that is the default', () => {
    expect(complaints({ env: client })).toHaveLength(1);
  });

  it('are no second problem of an address that is wrong itself', () => {
    for (const given of bothWays('zeebe:8080')) expect(complaints(given)).toHaveLength(1);
  });

  it('are no second problem of a token endpoint or issuer that is wrong itself', () => {
    const env = { ...client, ZEEBE_REST_ADDRESS: 'http://zeebe' };
    expect(complaints({ env: { ...env, CAMUNDA_OAUTH_URL: 'login/token' } })).toHaveLength(1);
    expect(complaints({ env: { ...env, CAMUNDA_ISSUER_URL: 'login' } })).toHaveLength(1);
  });
});

it('the audience of the SaaS is no default at another token endpoint, whatever the address', () => {
  const env = {
    ...client,
    ZEEBE_REST_ADDRESS: 'https://bru-2.zeebe.camunda.io/0f4a',
    CAMUNDA_OAUTH_URL: 'https://a/b',
  };
  expect(oauth2Of({ env })).not.toHaveProperty('audience');
});
