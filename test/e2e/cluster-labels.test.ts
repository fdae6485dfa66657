import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { documented } from './alerting/documented.ts';
import { createSystemFolder } from './process.ts';

const run = promisify(execFile);

const series = (name: string, labels: Readonly<Record<string, string>>) =>
  `${name}{${Object.entries({ job: 'zeebe', ...labels })
    .map(([label, value]) => `${label}="${value}"`)
    .join(',')}}`;
const health = (cluster: string, instance: string, verdict: string) => ({
  series: series('zeebe_topology_cluster_health', { zeebe_cluster: cluster, instance, health: verdict }),
  values: '1',
});
const labels = (cluster: string, instance: string, team: string) => ({
  series: series('zeebe_topology_cluster_labels', { zeebe_cluster: cluster, instance, team, stage: 'production' }),
  values: '1',
});

/** Runs the documented rules on series, and compares what is recorded. */
async function promtool(expected: readonly { readonly labels: string; readonly value: number }[]): Promise<void> {
  const { data } = await createSystemFolder('promtool');
  await writeFile(join(data, 'labels.rules.yml'), stringify(documented('labels.rules.yml')));
  const expr = 'team_health:zeebe_topology_clusters:count';
  const test = {
    rule_files: ['labels.rules.yml'],
    evaluation_interval: '15s',
    tests: [
      {
        interval: '15s',
        input_series: [
          health('orders', 'a', 'healthy'),
          health('orders', 'b', 'healthy'),
          labels('orders', 'a', 'payments'),
          labels('orders', 'b', 'payments'),
          health('invoices', 'a', 'unhealthy'),
          labels('invoices', 'a', 'payments'),
          health('claims', 'a', 'healthy'),
          labels('claims', 'a', 'insurance'),
          health('unlabelled', 'a', 'unhealthy'),
        ],
        promql_expr_test: [{ expr, eval_time: '15s', exp_samples: expected }],
      },
    ],
  };
  await writeFile(join(data, 'test.yml'), stringify(test));
  await run('promtool', ['check', 'rules', join(data, 'labels.rules.yml')]);
  await run('promtool', ['test', 'rules', join(data, 'test.yml')]);
}

describe('the documented join on the labels of clusters', () => {
  const recorded = (team: string, verdict: string) =>
    `team_health:zeebe_topology_clusters:count{team="${team}", health="${verdict}"}`;
  const expected = [
    { labels: recorded('insurance', 'healthy'), value: 1 },
    { labels: recorded('payments', 'healthy'), value: 1 },
    { labels: recorded('payments', 'unhealthy'), value: 1 },
  ];

  it('counts each labelled cluster once, however many exporters monitor it', async () => {
    await promtool(expected);
  });

  it('is checked by a test that fails if a result is missing', async () => {
    await expect(promtool(expected.slice(1))).rejects.toThrow();
  });
});
