import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startExporter, untilHealthy } from './exporter.ts';
import { type Login, type Nginx, startNginx } from './systems/nginx.ts';
import { layOutBroker, type SingleBroker } from './systems/simulated-cluster.ts';
import { until } from './until.ts';

describe('a broker behind an nginx that asks for a password', () => {
  const login: Login = { username: 'zoë', password: 'pass:wörd "quoted"' };
  let broker: SingleBroker;
  let nginx: Nginx;
  beforeAll(async () => {
    broker = await layOutBroker({ version: '8.6.0' });
    await broker.start();
    nginx = await startNginx(broker.address, login);
  });
  afterAll(async () => {
    await nginx?.stop();
    await broker.end();
  });

  const watchAs = (credentials: Readonly<Record<string, string>>) =>
    startExporter({
      environment: {
        ZEEBE_POLL_INTERVAL: '1s',
        ZEEBE_POLL_TIMEOUT: '1s',
        ZEEBE_REST_ADDRESS: nginx.address,
        ...credentials,
      },
    });

  it('lets the right password in', async () => {
    const exporter = await watchAs({
      CAMUNDA_BASIC_AUTH_USERNAME: login.username,
      CAMUNDA_BASIC_AUTH_PASSWORD: login.password,
    });
    const page = await untilHealthy(exporter);
    expect(page.value('zeebe_topology_up')).toBe(1);
    expect(page.value('zeebe_topology_auth_up')).toBe(1);
    expect(page.set('zeebe_topology_auth_info', 'method')).toEqual(['basic']);
    expect(page.set('zeebe_topology_auth_failing', 'reason')).toEqual([]);
  });

  it.each([
    {
      refused: 'a wrong password',
      credentials: { CAMUNDA_BASIC_AUTH_USERNAME: login.username, CAMUNDA_BASIC_AUTH_PASSWORD: 'wrong' },
      method: 'basic',
      reason: 'credentials_rejected',
    },
    { refused: 'no password', credentials: {}, method: 'none', reason: 'authentication_required' },
  ])('keeps $refused out, which is told as $reason', async ({ credentials, method, reason }) => {
    const exporter = await watchAs(credentials);
    const page = await until('two polls have ended', 60, async () => {
      const now = await exporter.scrape();
      expect(now.value('zeebe_topology_polls_total')).toBeGreaterThanOrEqual(2);
      return now;
    });
    expect(page.value('zeebe_topology_up')).toBe(0);
    expect(page.value('zeebe_topology_auth_up')).toBe(0);
    expect(page.set('zeebe_topology_auth_info', 'method')).toEqual([method]);
    expect(page.set('zeebe_topology_poll_failing', 'reason')).toEqual(['auth']);
    expect(page.set('zeebe_topology_auth_failing', 'reason')).toEqual([reason]);
    const polls = page.value('zeebe_topology_polls_total');
    expect(page.value('zeebe_topology_poll_failures_total', { reason: 'auth' })).toBe(polls);
    expect(page.value('zeebe_topology_auth_failures_total', { reason })).toBe(polls);
  });
});
