import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { failed, succeeded } from '../../polls.ts';
import { accessibilityProblems, focusedText, overflow, useBrowser } from './browser.ts';
import { named, type ServedPage, serve } from './served.ts';
import { sized, type Trouble } from './sized.ts';

const open = useBrowser();

const polled = (trouble: Trouble = {}, brokers = 3) =>
  succeeded(sized({ brokers, partitions: 3 }, trouble), { endedAt: Date.now() });
const names = Array.from({ length: 1_000 }, (_, index) => `team-${String(index).padStart(3, '0')}`);
/** In the order of the overview. */
const withProblem = ['team-900', 'team-500', 'team-100', 'team-700'];
const healthy = names.filter((name) => !withProblem.includes(name));
const byDefault = [...withProblem, ...healthy];

async function serveThousand(): Promise<ServedPage> {
  const served = await serve(named(...names));
  for (const name of names) served.poll(name, polled());
  served.poll('team-900', polled({ leaderless: [1] }));
  served.poll('team-500', failed('timeout', { endedAt: Date.now() }));
  served.poll('team-100', polled({ gone: [2] }));
  served.poll('team-700', polled({ gone: [4] }, 5));
  return served;
}

const links = (page: Page) => page.getByRole('row').getByRole('link');
const within = { timeout: 30_000 };

async function expectNames(page: Page, expected: readonly string[]): Promise<void> {
  await expect.poll(() => links(page).allInnerTexts(), within).toEqual(expected);
}

async function expectFocus(page: Page, text: string): Promise<void> {
  await expect.poll(() => focusedText(page), within).toBe(text);
}

function hashOf(page: Page): string {
  return decodeURIComponent(new URL(page.url()).hash);
}

describe('the overview of a thousand clusters', () => {
  it('has the worst on its first page, also one that was on the last page', async () => {
    const { url, poll } = await serveThousand();
    const page = await open(url);
    await expectNames(page, byDefault.slice(0, 50));
    await page.getByText('Page 1 of 20: clusters 1 to 50 of 1000').waitFor();
    poll('team-999', polled({ leaderless: [2] }));
    await expectNames(page, ['team-900', 'team-999', ...byDefault.slice(1, 49)]);
    await page.getByText('1000 clusters: 2 unhealthy, 1 unknown, 2 degraded, 995 healthy').waitFor();
    expect(page.complaints).toEqual([]);
  });

  it('turns its pages by buttons and by arrow keys, and keeps the focus', async () => {
    const { url } = await serveThousand();
    const page = await open(url);
    await page.getByRole('button', { name: 'Next' }).press('Enter');
    await expectNames(page, byDefault.slice(50, 100));
    await expectFocus(page, 'Next →');
    await page.keyboard.press('ArrowRight');
    await expectNames(page, byDefault.slice(100, 150));
    await links(page).nth(7).focus();
    await page.keyboard.press('ArrowRight');
    await expectFocus(page, byDefault[157] ?? '');
    expect(hashOf(page)).toBe('#/?page=4');
    await page.keyboard.press('ArrowLeft');
    await expectFocus(page, byDefault[107] ?? '');
    await page.goto(`${url}#/?page=20`);
    await expectNames(page, byDefault.slice(950));
    await page.keyboard.press('ArrowRight');
    await page.getByRole('button', { name: 'Previous' }).click();
    await page.getByText('Page 19 of 20').waitFor();
  });

  it('is searched from the keyboard, and its address is that of the search', async () => {
    const { url } = await serveThousand();
    const page = await open(url);
    await links(page).first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('team-99');
    await page.getByText('10 of 1000 clusters').waitFor();
    await expectNames(page, names.slice(990));
    expect(hashOf(page)).toBe('#/?search=team-99');
    await page.keyboard.press('Escape');
    await expectNames(page, byDefault.slice(0, 50));
    expect(hashOf(page)).toBe('#/');
    await page.keyboard.type('is missing');
    await expectNames(page, ['team-100', 'team-700']);
    await page.reload();
    await expectNames(page, ['team-100', 'team-700']);
    expect(await page.getByRole('searchbox').inputValue()).toBe('is missing');
    await page.goBack();
    await expectNames(page, byDefault.slice(0, 50));
    expect(await page.getByRole('searchbox').inputValue()).toBe('');
  });

  it('is sorted by its headers, with those without a value at the end', async () => {
    const { url } = await serveThousand();
    const page = await open(url);
    const header = (name: string) => page.getByRole('columnheader', { name });
    await page.getByRole('button', { name: 'Cluster', exact: true }).press('Enter');
    await expectNames(page, names.slice(0, 50));
    await expectFocus(page, 'Cluster▲');
    expect(await header('Cluster').getAttribute('aria-sort')).toBe('ascending');
    expect(await header('Verdict').getAttribute('aria-sort')).toBeNull();
    await page.getByRole('button', { name: 'Cluster', exact: true }).press('Enter');
    await expectNames(page, names.toReversed().slice(0, 50));
    await page.getByRole('table', { name: 'Clusters by cluster, descending' }).waitFor();
    await page.getByRole('button', { name: 'Brokers' }).click();
    await expectNames(page, ['team-700', 'team-900', ...healthy.slice(0, 48)]);
    await page.getByRole('button', { name: 'Brokers' }).click();
    await expectNames(page, ['team-100', 'team-900', ...healthy.slice(0, 48)]);
    expect(hashOf(page)).toBe('#/?sort=brokers&order=ascending');
    await page.goto(`${url}#/?sort=brokers&order=ascending&page=20`);
    await expectNames(page, [...healthy.slice(948), 'team-700', 'team-500'].slice(-50));
  });

  it('shows those with one verdict after a click on their number', async () => {
    const { url, poll } = await serveThousand();
    const page = await open(url);
    await page.getByRole('link', { name: '2 degraded' }).click();
    await expectNames(page, ['team-100', 'team-700']);
    expect(await page.getByRole('link', { name: '2 degraded' }).getAttribute('aria-current')).toBe('true');
    for (const name of ['team-100', 'team-700']) poll(name, polled());
    await page.getByText('No cluster matches.').waitFor();
    await page.getByRole('link', { name: '0 degraded' }).press('Enter');
    await expect.poll(() => links(page).count(), within).toBe(50);
  });

  it('keeps its page, order and search while a cluster is shown', async () => {
    const { url } = await serveThousand();
    const page = await open(`${url}#/?search=team&sort=cluster&order=descending&page=2`);
    await expectNames(page, names.toReversed().slice(50, 100));
    await links(page).nth(3).press('Enter');
    await page.getByRole('heading', { name: 'team-946' }).waitFor();
    await page.getByRole('table', { name: 'Brokers of team-946 by partitions' }).waitFor();
    await page.getByRole('link', { name: '← All clusters' }).press('Enter');
    await expectNames(page, names.toReversed().slice(50, 100));
    await expectFocus(page, 'team-946');
  });

  it('shows no overview that is older than a minute after the page of a cluster', async () => {
    const { url, poll } = await serveThousand();
    const page = await open('about:blank');
    await page.clock.install();
    await page.goto(url);
    await page.getByRole('link', { name: 'team-500' }).press('Enter');
    await page.getByRole('heading', { name: 'team-500' }).waitFor();
    await page.clock.fastForward('01:01');
    await page.route('**/api/v1/clusters?summary=true', () => {});
    await page.goBack();
    await page.getByText('Loading …').waitFor();
    expect(await page.getByRole('row').count()).toBe(0);
    poll('team-700', polled({ leaderless: [1] }));
    await page.unroute('**/api/v1/clusters?summary=true');
    await page.clock.fastForward('00:20');
    await expectNames(page, ['team-700', 'team-900', 'team-500', 'team-100', ...healthy.slice(0, 46)]);
    await expectFocus(page, 'team-500');
  });

  it('moves the focus to the next row if that of a cluster is now on another page', async () => {
    const { url, poll } = await serveThousand();
    const page = await open(`${url}#/?page=2`);
    await expectNames(page, byDefault.slice(50, 100));
    await page.getByRole('link', { name: byDefault[60] ?? '' }).focus();
    poll(byDefault[60] ?? '', polled({ leaderless: [3] }));
    await expectNames(page, [byDefault[49], ...byDefault.slice(50, 60), ...byDefault.slice(61, 100)].map(String));
    await expectFocus(page, byDefault[59] ?? '');
  });

  it('requests no more than it shows', async () => {
    const { url } = await serveThousand();
    const page = await open('about:blank');
    const bodies: string[] = [];
    page.on('response', async (response) => {
      if (response.url().includes('/api/v1/clusters') && response.ok()) bodies.push(await response.text());
    });
    await page.goto(url);
    await links(page).first().click();
    await page.getByRole('table', { name: 'Brokers of team-900 by partitions' }).waitFor();
    const contents = () =>
      bodies.map((body) => {
        const { clusters }: { clusters: readonly object[] } = JSON.parse(body);
        return { clusters: clusters.length, topologies: clusters.filter((cluster) => 'topology' in cluster).length };
      });
    await expect.poll(contents, within).toEqual([
      { clusters: 1_000, topologies: 0 },
      { clusters: 1, topologies: 1 },
    ]);
  });

  it.each([
    { colorScheme: 'light', width: 1366 },
    { colorScheme: 'dark', width: 1366 },
    { colorScheme: 'light', width: 390 },
    { colorScheme: 'dark', width: 390 },
  ] as const)('follows the rules of axe-core, $colorScheme and $width pixels wide', async ({ colorScheme, width }) => {
    const { url } = await serveThousand();
    const page = await open(`${url}#/?status=healthy&page=2`, { colorScheme, viewport: { width, height: 844 } });
    await page.getByText('Page 2 of 20').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
  });
});
