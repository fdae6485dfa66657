import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { alertsPage } from '../../docs/alerts.ts';
import { metricsPage } from '../../docs/metrics.ts';
import { documentedFamilies } from '../../docs/metrics-observed.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

describe.each([
  ['docs/alerts.md', alertsPage],
  ['docs/metrics.md', metricsPage],
])('%s', (path, page) => {
  it('is what `npm run docs` writes', async () => {
    expect(read(path)).toBe(await page());
  });
});

const docs = new URL('../../docs/', import.meta.url);
const pagesWithMetrics = readdirSync(docs).filter(
  (file) => file.endsWith('.md') && read(`docs/${file}`).includes('zeebe_topology_'),
);

describe.each(pagesWithMetrics)('docs/%s', (file) => {
  it('names only metrics that exist', async () => {
    const { cluster, exporter } = await documentedFamilies();
    const names = [...cluster, ...exporter].map(({ name }) => name);
    const named = [...read(`docs/${file}`).matchAll(/(?<![:\w])zeebe_topology_\w+/g)].map(([name]) => name);
    expect(named).not.toEqual([]);
    const isKnown = (name: string) =>
      names.some((known) => known.startsWith(name) || name.replace(/_(?:bucket|count|sum)$/, '') === known);
    expect(named.filter((name) => !isKnown(name))).toEqual([]);
  });
});

describe('labels and absence of a metric in docs/metrics.md', () => {
  it.each([
    {
      name: 'zeebe_topology_up',
      labels: {},
      absent: ['no poll has ended yet'],
    },
    { name: 'zeebe_topology_polls_total', labels: {}, absent: [] },
    {
      name: 'zeebe_topology_partition_health',
      labels: { broker: 'any', partition: 'any', health: ['healthy', 'unhealthy', 'dead', 'unknown'] },
      absent: ['polls fail', 'the gateway knows no topology', 'the series exceed a limit'],
    },
    {
      name: 'zeebe_topology_token_obtained_timestamp_seconds',
      labels: {},
      absent: ['OAuth 2 is not used', 'no token has been obtained yet'],
    },
  ])('are derived from observed pages for $name', async ({ name, labels, absent }) => {
    const { cluster } = await documentedFamilies();
    expect(cluster.find((family) => family.name === name)).toMatchObject({ labels, absent });
  });
});
