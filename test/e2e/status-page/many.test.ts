import { describe, expect, it } from 'vitest';
import { failed, succeeded } from '../../polls.ts';
import { focusedText, overflow, useBrowser } from './browser.ts';
import { named, serve } from './served.ts';
import { sized, type Trouble } from './sized.ts';

const open = useBrowser();

const polled = (trouble: Trouble = {}) =>
  succeeded(sized({ brokers: 3, partitions: 3 }, trouble), { endedAt: Date.now() });
const names = Array.from({ length: 50 }, (_, index) => `team-${String(index).padStart(2, '0')}`);

async function serveFifty() {
  const served = await serve(named(...names));
  for (const name of names) served.poll(name, polled());
  served.poll('team-30', polled({ gone: [2] }));
  served.poll('team-20', failed('timeout', { endedAt: Date.now() }));
  served.poll('team-40', polled({ leaderless: [1] }));
  return served;
}

describe('the status page of few clusters', () => {
  it('shows all of them below the overview', async () => {
    const { url, poll } = await serve(named('payments', 'orders', 'inventory'));
    for (const name of ['payments', 'orders', 'inventory']) poll(name, polled());
    const page = await open(url);
    await page.getByRole('heading', { level: 2 }).first().waitFor();
    expect(await page.getByRole('heading', { level: 2 }).allInnerTexts()).toEqual(['payments', 'orders', 'inventory']);
    expect(await page.getByRole('searchbox').count()).toBe(0);
  });
});

describe('the status page of an exporter without clusters', () => {
  it('says so', async () => {
    const { url } = await serve({});
    const page = await open(url);
    await page.getByText('This exporter polls no cluster.').waitFor();
    expect(await page.getByRole('table').isVisible()).toBe(false);
    expect(page.complaints).toEqual([]);
  });
});

describe('the cards of few clusters', () => {
  async function serveThree() {
    const served = await serve(named('payments', 'orders', 'inventory'));
    for (const name of ['payments', 'orders', 'inventory']) served.poll(name, polled());
    served.poll('orders', polled({ gone: [2] }));
    served.poll('inventory', polled({ leaderless: [1] }));
    return served;
  }

  it('are in the order of the overview, and those of healthy clusters are folded if another has a problem', async () => {
    const { url, poll } = await serveThree();
    const page = await open(url);
    const headings = page.getByRole('heading', { level: 2 });
    await headings.first().waitFor();
    expect(await headings.allInnerTexts()).toEqual(['inventory', 'orders', 'payments']);
    const tables = page.getByRole('table', { name: /^Brokers of/ });
    expect(await tables.count()).toBe(2);
    for (const name of ['orders', 'inventory']) poll(name, polled());
    await expect.poll(() => tables.count(), { timeout: 30_000 }).toBe(3);
  });

  it('are those of the clusters in the table', async () => {
    const { url } = await serveThree();
    const page = await open(url);
    await page.getByRole('link', { name: '1 degraded' }).click();
    const headings = page.getByRole('heading', { level: 2 });
    await expect.poll(() => headings.allInnerTexts(), { timeout: 30_000 }).toEqual(['orders']);
    expect(await page.getByRole('row').getByRole('link').allInnerTexts()).toEqual(['orders']);
  });

  it('stay as the user has folded or unfolded them', async () => {
    const { url, poll } = await serveThree();
    const page = await open(url);
    const details = (name: string) => page.getByRole('region', { name, exact: true }).getByRole('button');
    await details('payments').click();
    await details('orders').click();
    poll('inventory', polled({ leaderless: [2] }));
    await page.getByText('Partition 2 has no leader', { exact: true }).first().waitFor();
    expect(await details('payments').innerText()).toBe('Hide details');
    expect(await details('orders').innerText()).toBe('Show details');
  });
});

describe('the status page on a phone', () => {
  it('shows the status before the name', async () => {
    const { url } = await serveFifty();
    const page = await open(url, { viewport: { width: 390, height: 844 } });
    const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'team-40' }) });
    const [status, name] = [await row.locator('.badge').boundingBox(), await row.getByRole('link').boundingBox()];
    expect(status?.x).toBeLessThan(name?.x ?? 0);
    await row.getByRole('link').click();
    const heading = page.getByRole('heading', { name: 'team-40' });
    const [above, title] = [await page.locator('.cluster .badge').boundingBox(), await heading.boundingBox()];
    expect((above?.y ?? 0) + (above?.height ?? 0)).toBeLessThanOrEqual(title?.y ?? 0);
  });
});

describe('the status page of fifty clusters', () => {
  it('lists the worst first, and equal ones in the order of the configuration', async () => {
    const { url } = await serveFifty();
    const page = await open(url);
    const overview = page.getByRole('table', { name: 'Clusters, the worst first' });
    await overview.waitFor();
    const rest = names.filter((name) => !['team-40', 'team-20', 'team-30'].includes(name));
    expect(await overview.getByRole('link').allInnerTexts()).toEqual(['team-40', 'team-20', 'team-30', ...rest]);
    const worst = await overview.getByRole('row').nth(1).getByRole('cell').allTextContents();
    expect(worst.slice(0, 3).map((text) => text.trim())).toEqual([
      expect.stringMatching(/^✕unhealthy for \d+\ss$/),
      'Partition 1 has no leader',
      '3 of 3',
    ]);
    expect(await page.getByText('50 clusters: 1 unhealthy, 1 unknown, 1 degraded, 47 healthy').isVisible()).toBe(true);
    expect(await page.getByRole('heading', { level: 2 }).count()).toBe(0);
    expect(await page.title()).toBe('✕ 1 unhealthy, 1 unknown, 1 degraded, 47 healthy – Zeebe clusters');
  });

  it('searches them by name, verdict and problem', async () => {
    const { url } = await serveFifty();
    const page = await open(url);
    const links = page.getByRole('row').getByRole('link');
    const search = page.getByRole('searchbox', { name: 'Search' });
    await search.fill('TEAM-4');
    await page.getByText('10 of 50 clusters').waitFor();
    expect(await links.count()).toBe(10);
    await search.fill('unhealthy');
    await expect.poll(() => links.allInnerTexts()).toEqual(['team-40']);
    await search.fill('is missing');
    await expect.poll(() => links.allInnerTexts()).toEqual(['team-30']);
    await search.fill('nothing');
    await page.getByText('No cluster matches.').waitFor();
    await page.getByRole('link', { name: 'Show all clusters' }).click();
    await expect.poll(() => links.count()).toBe(50);
    expect(await search.inputValue()).toBe('');
  });

  it('can be navigated by keyboard, also back', async () => {
    const { url } = await serveFifty();
    const page = await open(url);
    await page.getByRole('button', { name: 'Last poll' }).focus();
    await page.keyboard.press('Tab');
    expect(await focusedText(page)).toBe('team-40');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'team-20' }).waitFor();
    expect(await focusedText(page)).toBe('team-20');
    expect(new URL(page.url()).hash).toBe('#/cluster/team-20');
    await page.getByRole('link', { name: '← All clusters' }).press('Enter');
    await page.getByRole('searchbox').waitFor();
    expect(await focusedText(page)).toBe('team-20');
    await page.goBack();
    await page.getByRole('heading', { name: 'team-20' }).waitFor();
  });

  it('has a URL for each of them, whatever characters its name contains', async () => {
    const name = 'a/b #?% ü "c"';
    const { url, poll } = await serve(named(...names.slice(1), name));
    poll(name, polled());
    const page = await open(url);
    await page.getByRole('link', { name }).click();
    await page.getByRole('heading', { name, exact: true }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name, exact: true }).waitFor();
    expect(await page.getByRole('heading', { level: 2 }).count()).toBe(1);
  });

  it('says that a URL names no configured cluster', async () => {
    const { url } = await serveFifty();
    const page = await open(`${url}#/cluster/gone`);
    await page.getByText('No cluster "gone" is configured.').waitFor();
    await page.getByRole('link', { name: '← All clusters' }).click();
    await page.getByText('50 clusters: 1 unhealthy').waitFor();
    expect(await page.getByRole('row').getByRole('link').count()).toBe(50);
  });
});

describe('the grid of 100 brokers by 300 partitions', () => {
  const large = { brokers: 100, partitions: 300 };
  const trouble = { gone: [42], leaderless: [143] };

  it('scrolls in its own frame and keeps its headers visible', async () => {
    const { url, poll } = await serve(named('large'));
    poll('large', succeeded(sized(large, trouble), { endedAt: Date.now() }));
    const page = await open(url);
    const frame = page.getByRole('region', { name: 'Brokers of large by partitions' });
    await page.getByLabel('Only partitions with problems').uncheck();
    await frame.evaluate((scroller) => scroller.scrollTo(scroller.scrollWidth, scroller.scrollHeight));
    const box = async (selector: string) => {
      const found = await frame.locator(selector).boundingBox();
      if (!found) throw new Error(`${selector} is not visible`);
      return found;
    };
    const [outer, head, name] = [
      await frame.boundingBox(),
      await box('thead th:nth-child(301)'),
      await box('tbody tr:last-child th'),
    ];
    expect(Math.abs(head.y - (outer?.y ?? 0))).toBeLessThan(3);
    expect(Math.abs(name.x - (outer?.x ?? 0))).toBeLessThan(3);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
  });

  it('is restricted to the partitions with problems if there are some, unless all are chosen', async () => {
    const { url, poll } = await serve(named('large'));
    poll('large', succeeded(sized(large, trouble), { endedAt: Date.now() }));
    const page = await open(url);
    const heads = page.locator('.grid thead th');
    const restricted = page.getByLabel('Only partitions with problems (9 of 300)');
    await page.getByRole('rowheader', { name: '44' }).waitFor();
    expect(await restricted.isChecked()).toBe(true);
    const shown = (await heads.allTextContents()).map((text) => Number.parseInt(text, 10)).filter((id) => id > 0);
    expect(shown).toEqual([41, 42, 43, 141, 142, 143, 241, 242, 243]);
    expect(await page.getByRole('rowheader').allTextContents()).toEqual(['40', '41', '42', '43', '44']);
    await restricted.uncheck();
    await page.getByRole('rowheader', { name: '99' }).waitFor();
    expect(await heads.count()).toBe(302);
    poll('large', succeeded(sized(large, { leaderless: [7] }), { endedAt: Date.now() }));
    await page.getByText('Only partitions with problems (1 of 300)').waitFor();
    expect(await heads.count()).toBe(302);
    await page.getByLabel('Only partitions with problems').check();
    poll('large', succeeded(sized(large), { endedAt: Date.now() }));
    await page.getByText('Every partition has a leader and enough healthy replicas.', { exact: true }).waitFor();
    expect(page.complaints).toEqual([]);
  });
});
