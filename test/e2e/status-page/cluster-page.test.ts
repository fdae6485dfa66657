import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failed, succeeded, unauthenticated } from '../../polls.ts';
import { nothingKnown } from '../../topologies.ts';
import { useBrowser } from './browser.ts';
import { named, serve } from './served.ts';
import { sized, type Trouble } from './sized.ts';

const open = useBrowser();

const three = { brokers: 3, partitions: 3 };
const start = Date.UTC(2026, 0, 1, 12);
const polledAt = (minutes: number, trouble: Trouble = {}) =>
  succeeded(sized(three, trouble), { endedAt: start + minutes * 60_000 });

describe('the page of a cluster', () => {
  it('shows all of its events, with the time zone of each', async () => {
    const { url, poll } = await serve(named('payments', 'orders'));
    for (let minute = 0; minute < 20; minute++) {
      poll('payments', minute % 2 === 0 ? polledAt(minute) : failed('connect', { endedAt: start + minute * 60_000 }));
    }
    const page = await open(url, { timezoneId: 'Europe/Berlin', locale: 'en-GB' });
    await page.getByRole('heading', { name: 'payments' }).getByRole('link').click();
    const events = page.locator('.events li');
    await events.nth(19).waitFor();
    expect(await events.count()).toBe(20);
    expect(await events.last().locator('time').innerText()).toMatch(/1 Jan 2026, 13:00:00 CET$/);
  });

  it('colours the events of a verdict like the verdict', async () => {
    const { url, poll } = await serve(named('payments'));
    poll('payments', polledAt(0));
    poll('payments', polledAt(1, { leaderless: [2] }));
    const page = await open(url);
    const event = (text: string) => page.locator('.events li', { hasText: text });
    await event('The cluster became unhealthy (was healthy)').waitFor();
    expect(await event('became unhealthy').getAttribute('data-tone')).toBe('unhealthy');
    expect(await event('The cluster is healthy').getAttribute('data-tone')).toBe('healthy');
  });

  it('shows who led the partitions whose leaders have changed', async () => {
    const { url, poll } = await serve(named('payments'));
    poll('payments', polledAt(0));
    poll('payments', polledAt(10, { gone: [1] }));
    poll('payments', polledAt(20, { gone: [1], leaderless: [2] }));
    const page = await open(url, { locale: 'en-GB' });
    const rows = page.getByRole('table', { name: 'Leaders of the partitions of payments over time' }).getByRole('row');
    await rows.nth(1).waitFor();
    expect(await rows.getByRole('rowheader').allInnerTexts()).toEqual(['2']);
    expect(await rows.getByRole('listitem').evaluateAll((terms) => terms.map((term) => term.title))).toEqual([
      expect.stringMatching(/^broker 1 from .*12:00:00 UTC to .*12:10:00 UTC$/),
      expect.stringMatching(/^broker 2 from .*12:10:00 UTC to .*12:20:00 UTC$/),
      expect.stringMatching(/^no leader from .*12:20:00 UTC until now$/),
    ]);
    await page.getByText(/^Leaders of 1 partition have changed since .*12:00:00 UTC/).waitFor();
  });

  it('says that no leader has changed', async () => {
    const { url, poll } = await serve(named('payments'));
    poll('payments', polledAt(0));
    const page = await open(url);
    await page.getByText(/^No partition has changed its leader since .* UTC\.$/).waitFor();
  });

  it('links to the metrics, and to the URLs of web.external_links with the name of the cluster', async () => {
    const name = 'a/b &?# "ü"';
    const links = [{ name: 'Grafana', template: 'https://grafana.example.com/d/zeebe?var-zeebe_cluster={cluster}' }];
    const { url, poll } = await serve(named(name, 'orders'), { links });
    poll(name, polledAt(0));
    const page = await open(`${url}#/cluster/${encodeURIComponent(name)}`);
    const href = async (text: string) => page.getByRole('link', { name: text, exact: true }).getAttribute('href');
    expect(await href('Grafana ↗')).toBe(
      'https://grafana.example.com/d/zeebe?var-zeebe_cluster=a%2Fb%20%26%3F%23%20%22%C3%BC%22',
    );
    expect(await href('All metrics')).toBe('./metrics');
    expect(await href('Metrics of this cluster')).toBe('./probe?cluster=a%2Fb%20%26%3F%23%20%22%C3%BC%22');
  });

  it('links each problem to a runbook that exists', async () => {
    const { url, poll } = await serve(named('payments'));
    const page = await open(url);
    const runbooks = async (text: string): Promise<readonly string[]> => {
      await page.locator('.problems').getByText(text).first().waitFor();
      const links = page.getByRole('link', { name: 'Runbook' });
      return links.evaluateAll((found) => found.map((link) => link.getAttribute('href') ?? ''));
    };
    const states = [
      ['has no leader', polledAt(0, { leaderless: [3], gone: [1] }), ['PartitionWithoutLeader', 'BrokerMissing']],
      [
        'The leader of partition 1 is unhealthy',
        polledAt(1, { health: [{ partition: 1, broker: 0, health: 'unhealthy' }] }),
        ['PartitionLeader'],
      ],
      ['knows no topology', succeeded(nothingKnown), ['ClusterUnknown']],
      ['what connect is', failed('connect'), ['ClusterUnreachable']],
      ['what token_rejected is', unauthenticated('token_rejected'), ['TokenRejected']],
    ] as const;
    for (const [text, result, expected] of states) {
      poll('payments', result);
      const urls = await runbooks(text);
      for (const [index, alert] of expected.entries()) expect(urls[index]).toContain(`/ZeebeTopology${alert}`);
      for (const each of urls) {
        expect(existsSync(new URL(`../../../docs/runbooks/${basename(each)}`, import.meta.url)), each).toBe(true);
      }
    }
  });
});
