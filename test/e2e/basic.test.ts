import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startExporter, untilHealthy } from './exporter.ts';
import { type Login, type Nginx, startNginx } from './systems/nginx.ts';
import { layOutBroker, type SingleBroker } from './systems/simulated-cluster.ts';
import { until } from './until.ts';

describe('a broker behind an nginx with Basic authentication', () => {
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

  const startExporterAs = (credentials: Readonly<Record<string, string>>) =>
    startExporter({
      environment: {
        ZEEBE_POLL_INTERVAL: '1s',
        ZEEBE_POLL_TIMEOUT: '1s',
        ZEEBE_REST_ADDRESS: nginx.address,
        ...credentials,
      },
    });

  it('is polled with the right password', async () => {
    const exporter = await startExporterAs({
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
      login: 'a wrong password',
      credentials: { CAMUNDA_BASIC_AUTH_USERNAME: login.username, CAMUNDA_BASIC_AUTH_PASSWORD: 'wrong' },
      method: 'basic',
      reason: 'credentials_rejected',
    },
    { login: 'no password', credentials: {}, method: 'none', reason: 'authentication_required' },
  ])('rejects $login, which is reported as $reason', async ({ credentials, method, reason }) => {
    const exporter = await startExporterAs(credentials);
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
