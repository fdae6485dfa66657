import { describe, expect, it } from 'vitest';
import { succeeded } from '../../polls.ts';
import { accessibilityProblems, overflow, useBrowser } from './browser.ts';
import { named, serve } from './served.ts';
import { sizedTenants, type Trouble } from './sized.ts';

const open = useBrowser();

const size = { brokers: 3, partitions: 3 };
const polledAt = (troubles: Readonly<Record<string, Trouble>>) =>
  succeeded(sizedTenants(size, troubles), { endedAt: Date.now() });
const twenty = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`tenant${index}`, {} as Trouble]));

describe('the status page of a cluster with physical tenants', () => {
  it('has a grid for each tenant, under its name and verdict, the worst first', async () => {
    const { url, poll } = await serve(named('production'));
    poll('production', polledAt({ default: {}, orders: { leaderless: [2] }, returns: {} }));
    const page = await open(url);
    const headings = page.getByRole('heading', { level: 3, name: 'Physical tenant' });
    await headings.first().waitFor();
    expect(await headings.allTextContents()).toEqual([
      'Physical tenant orders',
      'Physical tenant default',
      'Physical tenant returns',
    ]);
    const table = page.getByRole('table', { name: 'of the physical tenant orders' });
    expect((await table.getByRole('columnheader').allTextContents()).slice(0, 4)).toEqual([
      'Broker \\ Partition',
      '1',
      '2✕: no leader',
      '3',
    ]);
    expect(await page.getByRole('table', { name: 'by partitions' }).count()).toBe(3);
    const text = (await page.getByRole('region', { name: 'production', exact: true }).innerText()).replaceAll(
      /\s+/g,
      ' ',
    );
    expect(text).toContain('Physical tenant orders: partition 2 has no leader');
    expect(text).toMatch(/8 of 9 in 3 physical tenants/);
    expect(text).toContain('✕ unhealthy 2 of 3 partitions without problems');
    expect(page.complaints).toEqual([]);
  });

  it('folds healthy tenants of many, unfolds one that gets a problem, and keeps what the user chooses', async () => {
    const { url, poll } = await serve(named('production'));
    poll('production', polledAt(twenty));
    const page = await open(url);
    const unfolded = page.locator('details.tenant[open]');
    await page.locator('details.tenant').first().waitFor();
    expect(await page.locator('details.tenant').count()).toBe(20);
    expect(await unfolded.count()).toBe(0);
    await page.locator('summary').filter({ hasText: 'tenant7' }).click();
    poll('production', polledAt({ ...twenty, tenant3: { leaderless: [1] } }));
    await page.locator('details.tenant[open]').filter({ hasText: 'tenant3' }).waitFor();
    expect(await unfolded.locator('h3').allTextContents()).toEqual([
      'Physical tenant tenant3',
      'Physical tenant tenant7',
    ]);
    expect(page.complaints).toEqual([]);
  });

  it('shows the leaders of each tenant over time, and tenants that come and go', async () => {
    const { url, poll } = await serve(named('production'));
    poll('production', polledAt({ default: {}, orders: {} }));
    poll('production', polledAt({ default: {}, orders: { leaderless: [1] } }));
    const page = await open(url);
    const terms = page.getByRole('table', { name: 'Leaders of the partitions of production over time' });
    await terms.waitFor();
    expect(await terms.getByRole('rowheader').allTextContents()).toEqual(['orders 1']);
    poll('production', polledAt({ default: {} }));
    await page.getByText('Physical tenant orders is no longer listed').first().waitFor();
    expect(await page.locator('details.tenant').count()).toBe(1);
  });

  it.each([1, 3, 20])('follows the rules of axe-core and fits a phone and a desktop with %i tenants', async (count) => {
    const { url, poll } = await serve(named('production', 'staging'));
    const some = Object.fromEntries(Object.entries(twenty).slice(0, count));
    poll(
      'production',
      polledAt({ ...some, tenant0: { leaderless: [1], health: [{ partition: 2, broker: 0, health: 'dead' }] } }),
    );
    poll('staging', polledAt(some));
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [1366, 390]) {
        const page = await open(`${url}#/cluster/production`, { colorScheme, viewport: { width, height: 844 } });
        await page.locator('details.tenant').first().waitFor();
        expect(await accessibilityProblems(page)).toEqual([]);
        expect(await overflow(page)).toBeLessThanOrEqual(0);
      }
    }
  });
});
