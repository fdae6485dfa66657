import { describe, expect, it } from 'vitest';
import { failed, succeeded } from '../../polls.ts';
import { focusedText, useBrowser } from './browser.ts';
import { named, serve } from './served.ts';
import { sized, type Trouble } from './sized.ts';

const open = useBrowser();

const size = { brokers: 80, partitions: 80 };
const polled = (trouble: Trouble = {}) => succeeded(sized(size, trouble), { endedAt: Date.now() });

describe('the status page updates itself and', () => {
  it('shows a problem and its end', async () => {
    const { url, poll } = await serve(named('production'));
    poll('production', polled());
    const page = await open(url);
    const cell = page.getByTitle('Partition 2 on broker 3: follower, unhealthy');
    await page.getByRole('rowheader', { name: '79' }).waitFor();
    poll('production', polled({ gone: [79], health: [{ partition: 2, broker: 3, health: 'unhealthy' }] }));
    await page.getByText('Broker 79 is missing', { exact: true }).first().waitFor();
    await page.getByText('▲ missing: not listed by the gateway').waitFor();
    await cell.waitFor();
    poll('production', polled());
    await page.getByText('Broker 79 is back', { exact: true }).waitFor();
    await cell.waitFor({ state: 'detached' });
    expect(await page.getByText('▲ missing: not listed by the gateway').count()).toBe(0);
    expect(page.complaints).toEqual([]);
  });

  it('keeps focus, scroll positions and open details', async () => {
    const { url, poll } = await serve(named('production', 'staging'));
    poll('staging', failed('connect'));
    for (let index = 0; index < 12; index++) poll('production', index % 2 === 0 ? polled() : failed('connect'));
    poll('production', polled());
    const page = await open(url);
    const grid = page.getByRole('region', { name: 'Brokers of production by partitions' });
    await page.getByRole('button', { name: 'Show details' }).click();
    await page.getByText('earlier events').click();
    await grid.evaluate((scroller) => scroller.scrollTo(300, 200));
    await grid.focus();
    await page.evaluate('window.scrollTo(0, 120)');
    const positions = () =>
      page.evaluate(`(() => {
        const cluster = document.querySelector('[aria-label="production"]');
        const scroller = cluster.querySelector('.scroller');
        return {
          page: window.scrollY,
          grid: [scroller.scrollLeft, scroller.scrollTop],
          focused: document.activeElement === scroller,
          open: cluster.querySelector('details').open,
        };
      })()`);
    const before = await positions();
    expect(before).toEqual({ page: 120, grid: [300, 200], focused: true, open: true });

    poll('production', polled({ health: [{ partition: 20, broker: 20, health: 'dead' }] }));
    await page.getByTitle('Partition 20 on broker 20: follower, dead').waitFor({ state: 'attached' });
    expect(await positions()).toMatchObject({ grid: [300, 200], focused: true, open: true });
    poll('production', polled());
    await page.getByTitle('Partition 20 on broker 20: follower, dead').waitFor({ state: 'detached' });
    expect(await positions()).toEqual(before);
  });

  it('receives 304 if nothing has changed', async () => {
    const { url, poll } = await serve(named('production'));
    poll('production', polled());
    const page = await open(url);
    await page.waitForResponse((response) => response.url().endsWith('/api/v1/clusters') && response.status() === 304);
    expect(await page.getByRole('alert').isVisible()).toBe(false);
    expect(page.complaints).toEqual([]);
  });

  it('keeps the focus on a cluster that moves up the list', async () => {
    const { url, poll } = await serve(named('a', 'b', 'c', 'd', 'e'));
    for (const name of ['a', 'b', 'c', 'd', 'e']) poll(name, polled());
    const page = await open(url);
    const names = page.getByRole('row').getByRole('link');
    await page.getByRole('link', { name: 'd', exact: true }).focus();
    poll('d', failed('connect', { endedAt: Date.now() }));
    await expect.poll(() => names.allInnerTexts(), { timeout: 30_000 }).toEqual(['d', 'a', 'b', 'c', 'e']);
    expect(await focusedText(page)).toBe('d');
  });

  it('announces a change of verdict to screen readers, but not the first verdict', async () => {
    const { url, poll } = await serve(named('production'));
    poll('production', polled());
    const page = await open(url);
    await page.getByRole('table').waitFor();
    const announced = page.locator('#announcements');
    expect(await announced.innerText()).toBe('');
    poll('production', polled({ leaderless: [7] }));
    await expect
      .poll(() => announced.innerText(), { timeout: 30_000 })
      .toBe('production is unhealthy: partition 7 has no leader.');
  });

  it('reports that the exporter does not respond, and how old the data is, until it responds again', async () => {
    const { url, poll, stop, startAgain } = await serve(named('production'));
    poll('production', polled());
    const page = await open(url);
    await page.getByRole('table').waitFor();
    const alert = page.getByRole('alert');
    expect(await alert.isVisible()).toBe(false);
    await stop();
    await alert.getByText(/The exporter does not respond\. This page shows data from \d\d:\d\d:\d\d UTC\./).waitFor();
    expect(await page.getByRole('rowheader', { name: '79' }).isVisible()).toBe(true);
    await startAgain();
    await alert.waitFor({ state: 'hidden' });
  });

  it('says that it cannot show a response', async () => {
    const { url } = await serve(named('production'));
    const page = await open('about:blank');
    await page.route('**/api/v1/clusters*', (route) => route.fulfill({ json: { apiVersion: 2, clusters: 'many' } }));
    await page.goto(url);
    await page
      .getByRole('alert')
      .getByText('This page belongs to another version of the exporter. Reload it.')
      .waitFor();
    await page.unroute('**/api/v1/clusters*');
    await page.route('**/api/v1/clusters*', (route) => route.fulfill({ status: 502, body: 'Bad Gateway' }));
    await page.getByRole('alert').getByText('The exporter returned HTTP 502.').waitFor();
    await page.unroute('**/api/v1/clusters*');
    await page.getByText('Not polled yet').waitFor();
    expect(await page.getByRole('alert').isVisible()).toBe(false);
  });
});
