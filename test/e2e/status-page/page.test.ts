import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/secret.ts';
import { failed, failure, remedy, succeeded, unauthenticated } from '../../polls.ts';
import { nothingKnown } from '../../topologies.ts';
import { plainHost, useBrowser } from './browser.ts';
import { named, serve } from './served.ts';
import { sized, type Trouble } from './sized.ts';

const open = useBrowser();

const oauth2 = {
  authentication: {
    method: 'oauth2',
    clientId: 'exporter',
    clientAuthentication: { method: 'client_secret_post', secret: new Secret('secret') },
    endpoint: { tokenUrl: new URL('http://127.0.0.1/token') },
    scopes: [],
    endpointParams: {},
    transport: { tls: { insecureSkipVerify: false }, enableHttp2: false },
  },
} as const;

const three = { brokers: 3, partitions: 3 };
const well = () => succeeded(sized(three), { endedAt: Date.now() });
const troubled = (trouble: Trouble) => succeeded(sized(three, trouble), { endedAt: Date.now() });

describe('the status page of one cluster', () => {
  it('begins with the verdict and the findings, as text', async () => {
    const { url, poll } = await serve(named('production'));
    poll('production', troubled({ gone: [1], leaderless: [3] }));
    const page = await open(url);
    const cluster = page.getByRole('region', { name: 'production', exact: true });
    await cluster.waitFor();
    expect((await cluster.innerText()).replaceAll(/\s+/g, ' ')).toMatch(
      /^production ✕ unhealthy for \d+ s ✕ Partition 3 has no leader Runbook ▲ Broker 1 is missing Runbook ▲ /,
    );
    expect(await page.title()).toBe('✕ production: unhealthy – Zeebe clusters');
    expect(page.complaints).toEqual([]);
  });

  it('says that the series of a healthy cluster exceed a limit, and still shows its partitions', async () => {
    const { url, poll } = await serve(named('production'));
    const seriesLimit = { series: 90, exceeded: { setting: 'max_series', max: 50 } } as const;
    poll('production', { ...well(), outcome: { ok: true, topology: sized(three), seriesLimit } });
    const page = await open(url);
    const cluster = page.getByRole('region', { name: 'production', exact: true });
    await cluster.waitFor();
    const text = (await cluster.innerText()).replaceAll(/\s+/g, ' ');
    expect(text).toContain(
      'The 90 series of brokers, partitions and replicas are not exposed, as they exceed max_series (50) What to do: raise max_series',
    );
    expect(text).not.toContain('Runbook');
    expect(await page.getByRole('table', { name: 'Brokers of production by partitions' }).count()).toBe(1);
    expect(page.complaints).toEqual([]);
  });

  it('has a table of brokers by partitions that a screen reader can read', async () => {
    const { url, poll } = await serve(named('production'));
    poll('production', troubled({ gone: [1], leaderless: [3], health: [{ partition: 1, broker: 2, health: 'dead' }] }));
    const table = (await open(url)).getByRole('table', { name: 'Brokers of production by partitions' });
    await table.waitFor();
    expect(await table.getByRole('columnheader').allTextContents()).toEqual([
      'Broker \\ Partition',
      '1▲: 1 of 3 replicas healthy',
      '2▲: 2 of 3 replicas healthy',
      '3✕: no leader',
      'Version and address',
    ]);
    const row = (name: string) => table.getByRole('row').filter({ has: table.page().getByRole('rowheader', { name }) });
    expect(await row('2').getByRole('cell').allTextContents()).toEqual([
      'f×follower, dead',
      'Lleader, healthy',
      'ffollower, healthy',
      '8.6.0  camunda-zeebe-2.camunda-zeebe.camunda.svc:26501',
    ]);
    expect(await row('1').getByRole('cell').allTextContents()).toEqual(['▲ missing: not listed by the gateway']);
  });

  it('shows the failure of the last poll and its remedy', async () => {
    const { url, poll } = await serve(named('production'));
    poll('production', failed('connect', { endedAt: Date.now() - 4_000 }));
    const page = await open(url);
    await page.getByText('The last poll failed: the request failed: what connect is').waitFor();
    await page.getByText(`What to do: ${remedy}`).waitFor();
    await page.getByText(/✕ failed \(connect\) \d+\ss ago/).waitFor();
    expect(await page.getByRole('table').count()).toBe(0);
  });

  it('counts down to the expiry of the token by the clock of the exporter, not of the browser', async () => {
    const ahead = 5 * 3_600_000;
    const clock = { now: () => Date.now() + ahead, monotonic: () => performance.now() };
    const { url, poll } = await serve({ production: oauth2 }, { clock });
    const token = { obtainedAt: clock.now(), expiresAt: clock.now() + 90_000, lifetime: 90_000 };
    poll('production', { ...well(), authentication: { up: true, token, tokenRequests: [] } });
    const page = await open(url);
    const said = page.getByText(/OAuth 2, works; the token expires in/);
    const seconds = async () => Number(/expires in (\d+)\ss/.exec(await said.innerText())?.[1]);
    const first = await seconds();
    expect(first).toBeGreaterThan(30);
    expect(first).toBeLessThanOrEqual(90);
    await expect.poll(seconds, { timeout: 30_000 }).toBeLessThan(first);
  });

  it('warns of a failed token renewal while the old token is valid', async () => {
    const { url, poll } = await serve({ production: oauth2 });
    const renewal = { up: true, failure: failure('token_endpoint_unreachable'), tokenRequests: [] };
    poll('production', { ...well(), authentication: renewal });
    const page = await open(url);
    await page
      .getByText('Authentication fails: the request failed: what token_endpoint_unreachable is', { exact: true })
      .waitFor();
    await page.getByText(`What to do: ${remedy}`).waitFor();
    await page.getByText('healthy', { exact: true }).waitFor();
    expect(await page.locator('.badge').getAttribute('data-tone')).toBe('degraded');
    expect(await page.title()).toBe('▲ production: healthy – Zeebe clusters');
  });

  it('shows the failure of authentication', async () => {
    const { url, poll } = await serve({ production: oauth2 });
    poll('production', unauthenticated('invalid_client', { endedAt: Date.now() }));
    const page = await open(url);
    await page.getByText('OAuth 2, fails').waitFor();
    await page.getByText('✕ invalid_client').waitFor();
  });

  it('shows that versions of brokers differ', async () => {
    const { url, poll } = await serve(named('production'));
    poll('production', troubled({ versions: { 2: '8.5.9' } }));
    const page = await open(url);
    await page.getByText('8.6.0 (brokers 0, 1, gateway), 8.5.9 (broker 2) ▲ different versions').waitFor();
  });

  it('says that a cluster has not been polled, and that a gateway knows no topology', async () => {
    const { url, poll } = await serve(named('production'));
    const page = await open(url);
    await page.getByText('Not polled yet').waitFor();
    expect(await page.title()).toBe('… production: pending – Zeebe clusters');
    poll('production', succeeded(nothingKnown));
    await page.getByText('The gateway knows no topology yet', { exact: true }).waitFor();
  });

  it('says that a cluster is not polled by itself', async () => {
    const { url, poll } = await serve({ production: { pollInterval: 0 } });
    const cluster = (await open(url)).getByRole('region', { name: 'production' });
    await cluster.getByText('Not probed yet').waitFor();
    await cluster.getByText('none yet').waitFor();
    poll('production', well());
    await cluster.getByText('(only by requests for /probe)').waitFor();
  });

  it('escapes the names and versions that clusters report', async () => {
    const name = `<img src=x onerror=alert(1)>"'&`;
    const version = '</td><script>alert(2)</script>';
    const { url, poll } = await serve(named(name, 'second'));
    poll(name, troubled({ versions: { 0: version } }));
    poll('second', well());
    const page = await open(url);
    const dialogs: string[] = [];
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message());
      return dialog.dismiss();
    });
    await page.getByRole('row').getByRole('link', { name }).click();
    await page.getByRole('heading', { name, exact: true }).waitFor();
    await page.getByRole('cell', { name: version }).waitFor();
    expect(await page.locator('img, main script').count()).toBe(0);
    expect(dialogs).toEqual([]);
    expect(page.complaints).toEqual([]);
  });

  it('works over plain HTTP at any host name, without messages in the console', async () => {
    const { url, poll } = await serve(named('production'));
    poll('production', well());
    const page = await open(url.replace('127.0.0.1', plainHost));
    await page.getByRole('table').waitFor();
    expect(page.complaints).toEqual([]);
  });

  it('links to the metrics if JavaScript is disabled', async () => {
    const { url } = await serve(named('production'));
    const page = await open(url, { javaScriptEnabled: false });
    expect(await page.locator('noscript').innerText()).toContain('This page requires JavaScript');
    await page.getByRole('link', { name: 'Metrics' }).click();
    expect(await page.locator('body').innerText()).toContain('zeebe_topology_exporter_build_info');
  });
});
