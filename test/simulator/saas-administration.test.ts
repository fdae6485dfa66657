import { afterEach, describe, expect, it } from 'vitest';
import { type IdentityProvider, startIdentityProvider } from '../../src/simulator/identity-provider.ts';
import { type AdministeredCluster, type SimulatedAdministration, startAdministration } from './saas-administration.ts';

const organization = { clientId: 'org', clientSecret: 's', audience: ['api.cloud.camunda.io', 'zeebe.camunda.io'] };
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

async function start(clusters: readonly AdministeredCluster[]) {
  const issuer = await startIdentityProvider({ flavour: 'saas', clients: [organization] });
  const administration = await startAdministration({ issuer, clusters });
  closing.push(issuer.close, administration.close);
  return { issuer, administration };
}

async function tokenFor(issuer: IdentityProvider, audience: string): Promise<string> {
  const form = { grant_type: 'client_credentials', client_id: 'org', client_secret: 's', audience };
  const response = await fetch(issuer.tokenUrl, { method: 'POST', body: new URLSearchParams(form) });
  const { access_token: token } = (await response.json()) as { access_token: string };
  return token;
}

const ask = ({ address }: SimulatedAdministration, token?: string) =>
  fetch(`${address}/clusters`, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });

describe('the simulated Administration API', () => {
  it('lists clusters in the documented form, with the region of the address in the link alone', async () => {
    const { issuer, administration } = await start([{ uuid: 'a-1', name: 'orders', region: 'jfk-1' }]);
    const token = await tokenFor(issuer, 'api.cloud.camunda.io');
    expect(await (await ask(administration, token)).json()).toEqual([
      expect.objectContaining({
        uuid: 'a-1',
        name: 'orders',
        planType: { uuid: expect.any(String), name: 'Production - S' },
        region: { uuid: expect.any(String), name: 'Belgium, Europe (europe-west1)' },
        status: {
          ready: 'Healthy',
          zeebeStatus: 'Healthy',
          operateStatus: 'Healthy',
          tasklistStatus: 'Healthy',
          optimizeStatus: 'Healthy',
        },
        links: expect.objectContaining({ zeebe: 'a-1.jfk-1.zeebe.camunda.io' }),
      }),
    ]);
  });

  it('has no links of a cluster that is being created', async () => {
    const { issuer, administration } = await start([{ uuid: 'a-1', name: 'orders', status: 'Creating' }]);
    const token = await tokenFor(issuer, 'api.cloud.camunda.io');
    expect(await (await ask(administration, token)).json()).toMatchObject([{ links: {} }]);
  });

  it.each([
    ['no token', async () => undefined],
    ['a token for the clusters', (issuer: IdentityProvider) => tokenFor(issuer, 'zeebe.camunda.io')],
    ['another token', async () => 'nonsense'],
  ])('refuses %s', async (_, token) => {
    const { issuer, administration } = await start([]);
    expect((await ask(administration, await token(issuer))).status).toBe(401);
  });
});
