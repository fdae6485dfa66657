import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { rules } from '../../prometheus/rules.ts';
import { defaultThresholds } from '../../prometheus/thresholds.ts';
import { verdicts } from '../../src/zeebe/verdict.ts';
import { documented } from './alerting/documented.ts';
import { createSystemFolder } from './process.ts';

const run = promisify(execFile);

type Labels = Readonly<Record<string, string>>;

interface Tests {
  readonly interval: string;
  readonly input_series: readonly { readonly series: string; readonly values: string }[];
  readonly promql_expr_test: readonly {
    readonly expr: string;
    readonly eval_time: string;
    readonly exp_samples: readonly { readonly labels: string; readonly value: number }[];
  }[];
}

/** Runs unit tests on rules of docs/prometheus.md, together with those of prometheus/. */
async function promtool(name: string, tests: Tests, replaced: Labels = {}): Promise<void> {
  const { data } = await createSystemFolder('promtool');
  const files = { ...rules(defaultThresholds), 'documented.yml': stringify(documented(name, replaced)) };
  for (const [file, text] of Object.entries(files)) await writeFile(join(data, file), text);
  const rule_files = Object.keys(files);
  await writeFile(join(data, 'test.yml'), stringify({ rule_files, evaluation_interval: '1m', tests: [tests] }));
  await run('promtool', ['check', 'rules', join(data, 'documented.yml')]);
  await run('promtool', ['test', 'rules', join(data, 'test.yml')]);
}

function series(name: string, labels: Labels): string {
  return `${name}{${Object.entries(labels)
    .map(([label, value]) => `${label}="${value}"`)
    .join(',')}}`;
}

describe('the documented join on the labels of clusters', () => {
  const health = (labels: Labels, verdict: string) =>
    verdicts.map((each) => ({
      series: series('zeebe_topology_cluster_health', { job: 'zeebe', ...labels, health: each }),
      values: each === verdict ? '1x3' : '0x3',
    }));
  const labelled = (labels: Labels, team: string) => ({
    series: series('zeebe_topology_cluster_labels', { job: 'zeebe', ...labels, team, stage: 'production' }),
    values: '1x3',
  });
  const recorded = (team: string, verdict: string, value: number) => ({
    labels: series('team_health:zeebe_topology_clusters:count', { team, health: verdict }),
    value,
  });
  const joined = (input_series: Tests['input_series'], exp_samples: ReturnType<typeof recorded>[], on = {}) => {
    const expr = 'team_health:zeebe_topology_clusters:count';
    const tests = { interval: '1m', input_series, promql_expr_test: [{ expr, eval_time: '2m', exp_samples }] };
    return promtool('labels.rules.yml', tests, on);
  };

  const clusters = [
    ...health({ zeebe_cluster: 'orders', instance: 'a' }, 'healthy'),
    ...health({ zeebe_cluster: 'orders', instance: 'b' }, 'unknown'),
    labelled({ zeebe_cluster: 'orders', instance: 'a' }, 'payments'),
    labelled({ zeebe_cluster: 'orders', instance: 'b' }, 'payments'),
    ...health({ zeebe_cluster: 'invoices', instance: 'a' }, 'unhealthy'),
    labelled({ zeebe_cluster: 'invoices', instance: 'a' }, 'payments'),
    ...health({ zeebe_cluster: 'claims', instance: 'a' }, 'healthy'),
    labelled({ zeebe_cluster: 'claims', instance: 'a' }, 'insurance'),
    ...health({ zeebe_cluster: 'unlabelled', instance: 'a' }, 'unhealthy'),
  ];
  const expected = [
    recorded('insurance', 'healthy', 1),
    recorded('payments', 'healthy', 1),
    recorded('payments', 'unhealthy', 1),
  ];

  it('counts each labelled cluster once, with the best verdict of the exporters that monitor it', async () => {
    await joined(clusters, expected);
  });

  it('is checked by a test that fails if a result is missing', async () => {
    await expect(joined(clusters, expected.slice(1))).rejects.toThrow();
  });

  const installations = ['production', 'test'].flatMap((environment) => {
    const labels = { zeebe_cluster: 'orders', instance: environment, environment };
    return [...health(labels, 'healthy'), labelled(labels, 'payments')];
  });

  it('needs labels of the targets in `on`', async () => {
    const result = [recorded('payments', 'healthy', 2)];
    await joined(installations, result, { 'on (job,': 'on (environment, job,' });
    await expect(joined(installations, result)).rejects.toThrow();
  });
});

describe('the documented alert for each installation', () => {
  const targets = (job: string, values: string) => {
    const labels = { job, namespace: 'monitoring', instance: `${job}:10650` };
    return [
      { series: series('up', labels), values: values.replaceAll('15', '1') },
      {
        series: series('zeebe_topology_exporter_build_info', {
          ...labels,
          version: '0.1.0',
          revision: '1b791d7',
          nodejs: 'v24.1.0',
        }),
        values: values.replaceAll('15', '1'),
      },
      {
        series: series('zeebe_topology_poll_interval_seconds', { ...labels, zeebe_cluster: job }),
        values,
      },
    ];
  };
  const firingAt = (eval_time: string, names: readonly string[]) => ({
    expr: 'count by (alertname) (ALERTS{alertstate="firing", job="zeebe-orders"})',
    eval_time,
    exp_samples: names.map((alertname) => ({ labels: series('', { alertname }), value: 1 })),
  });

  it('fires while that installation is gone and another one is scraped', async () => {
    const down = 'ZeebeTopologyInstallationDown';
    await promtool('installations.rules.yml', {
      interval: '1m',
      input_series: [...targets('zeebe-orders', '15x60 stale'), ...targets('zeebe-invoices', '15x200')],
      promql_expr_test: [
        firingAt('70m', []),
        firingAt('71m', [down]),
        firingAt('85m', ['ZeebeTopologyClusterNotWatched', down]),
        firingAt('130m', [down]),
      ],
    });
  });
});
