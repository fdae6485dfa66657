import { describe, expect, it } from 'vitest';
import { failed, failure, succeeded, unauthenticated } from '../../polls.ts';
import { nothingKnown } from '../../topologies.ts';
import { accessibilityProblems, overflow, useBrowser } from './browser.ts';
import { named, type ServedPage, serve } from './served.ts';
import { sized } from './sized.ts';

const open = useBrowser();

const well = { brokers: 3, partitions: 6 };
const everyHealth = [
  { partition: 1, broker: 0, health: 'unhealthy' },
  { partition: 2, broker: 2, health: 'dead' },
  { partition: 3, broker: 0, health: 'unknown' },
] as const;

/** Serves clusters with every verdict and health, and with failed polls and token renewals. */
async function serveEveryState(): Promise<ServedPage> {
  const served = await serve(
    named('healthy', 'degraded', 'unhealthy', 'starting', 'failing', 'refused', 'expiring', 'new'),
  );
  const { poll } = served;
  for (const name of ['healthy', 'degraded', 'unhealthy', 'expiring']) poll(name, succeeded(sized(well)));
  poll('degraded', succeeded(sized(well, { gone: [1], versions: { 2: '8.5.9' } })));
  poll('unhealthy', succeeded(sized(well, { leaderless: [4], health: everyHealth })));
  poll('starting', succeeded(nothingKnown));
  poll('failing', failed('timeout'));
  poll('refused', unauthenticated('invalid_client'));
  const renewal = { up: true, failure: failure('token_rate_limited'), tokenRequests: [] };
  poll('expiring', succeeded(sized(well), { authentication: renewal }));
  return served;
}

const names = ['healthy', 'degraded', 'unhealthy', 'starting', 'failing', 'refused', 'expiring', 'new'];

describe.each(['light', 'dark'] as const)('the status page in the %s color scheme', (colorScheme) => {
  it.each([
    1366, 390,
  ])('follows the rules of axe-core and fits a width of %i pixels with clusters in every state', async (width) => {
    const { url } = await serveEveryState();
    const page = await open(url, { colorScheme, viewport: { width, height: 844 } });
    await page.getByRole('row').getByRole('link').first().waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    for (const name of names) {
      await page.goto(`${url}#/cluster/${name}`);
      await page.getByRole('heading', { name }).waitFor();
      expect([name, await accessibilityProblems(page)]).toEqual([name, []]);
      expect([name, Math.max(0, await overflow(page))]).toEqual([name, 0]);
    }
    expect(page.complaints).toEqual([]);
  });

  it('follows the rules of axe-core if the exporter does not respond', async () => {
    const { url, stop } = await serveEveryState();
    const page = await open(`${url}#/cluster/unhealthy`, { colorScheme });
    await page.getByRole('heading', { name: 'unhealthy' }).waitFor();
    await stop();
    await page.getByRole('alert').getByText('The exporter does not respond').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
  });
});

describe('a large grid', () => {
  it('follows the rules of axe-core', async () => {
    const { url, poll } = await serve(named('large'));
    poll('large', succeeded(sized({ brokers: 12, partitions: 60 }, { gone: [3], leaderless: [7] })));
    const page = await open(url);
    await page.getByRole('rowheader', { name: '8' }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByLabel('Only partitions with problems').uncheck();
    await page.getByRole('rowheader', { name: '11' }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
  });
});
