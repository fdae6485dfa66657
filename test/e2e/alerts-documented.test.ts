import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { rules } from '../../prometheus/rules.ts';
import { defaultThresholds } from '../../prometheus/thresholds.ts';
import { blockNames, documented, inhibitRules } from './alerting/documented.ts';
import { shortThresholds } from './alerting/short-thresholds.ts';
import { type Exporter, startExporter } from './exporter.ts';
import { createSystemFolder } from './process.ts';
import { type Prometheus, startPrometheusWith } from './systems/prometheus.ts';
import { until } from './until.ts';

const run = promisify(execFile);

describe('docs/prometheus.md', () => {
  it.each(
    blockNames('prometheus.yml').filter((name) => name !== inKubernetes),
  )('has a %s that promtool accepts', async (name) => {
    const files = { ...rules(defaultThresholds), 'exporter-ca.pem': '', 'exporter-password': 'secret' };
    const configuration = await folderWith({ ...files, 'prometheus.yml': stringify(documented(name)) });
    await run('promtool', ['check', 'config', join(configuration, 'prometheus.yml')]);
  });

  // Debian builds its Prometheus without the service discovery of Kubernetes, so its result is given here.
  it('has a prometheus.yml for Kubernetes that scrapes only the port of the exporter, each release as a job', async () => {
    const { scrape_configs } = documented(inKubernetes, {
      'kubernetes_sd_configs:\n      - role: pod': 'static_configs: []',
    });
    const targets = [
      discovered('10.0.0.1:10650', 'zeebe-topology-exporter', 'orders-0', 'orders'),
      discovered('10.0.0.1:9999', 'zeebe-topology-exporter', 'orders-0', 'orders'),
      discovered('10.0.0.3:10650', 'zeebe-topology-exporter', 'without-helm-0'),
      discovered('10.0.0.2:10650', 'another', 'another-0'),
    ];
    const jobs = (scrape_configs as readonly object[]).map((job) => ({ ...job, static_configs: targets }));
    const folder = await folderWith({ 'prometheus.yml': stringify({ scrape_configs: jobs }) });
    const check = ['check', 'service-discovery', '--timeout=2s', join(folder, 'prometheus.yml'), 'zeebe-topology'];
    const found: readonly { readonly labels: Readonly<Record<string, string>> }[] = JSON.parse(
      (await run('promtool', check)).stdout,
    );
    expect(found).toHaveLength(targets.length);
    const kept = found.flatMap(({ labels: { instance, namespace, pod, job } }) =>
      instance === undefined ? [] : [{ instance, namespace, pod, job }],
    );
    // promtool prints the targets in any order.
    expect(kept.toSorted((a, b) => a.instance.localeCompare(b.instance))).toEqual([
      { instance: '10.0.0.1:10650', namespace: 'monitoring', pod: 'orders-0', job: 'orders' },
      { instance: '10.0.0.3:10650', namespace: 'monitoring', pod: 'without-helm-0', job: 'zeebe-topology' },
    ]);
  });

  it('has a prometheus.yml that copies zeebe_cluster to cluster', async () => {
    const { query } = await scraped('prometheus.yml, zeebe_cluster as cluster');
    await until('a poll has been scraped', 60, async () => {
      expect(await query('zeebe_topology_up{zeebe_cluster="default", cluster="default"}')).toEqual([0]);
    });
  });

  it('has a prometheus.yml that drops the documented series', async () => {
    const { query } = await scraped('prometheus.yml, fewer series');
    await until('a poll has been scraped', 60, async () => expect(await query('zeebe_topology_up')).toEqual([0]));
    expect(await query('process_start_time_seconds')).toHaveLength(1);
    expect(await query('{__name__=~"nodejs_.+"}')).toEqual([]);
  });

  it('has a prometheus.yml with one target per cluster that scrapes each series once', async () => {
    const { query } = await scraped('prometheus.yml, one target per cluster');
    await until('a poll has been scraped', 60, async () => {
      expect(await query('up{instance=~".+/default"}')).toEqual([1]);
      expect(await query('zeebe_topology_up')).toEqual([0]);
      expect(await query('zeebe_topology_exporter_build_info')).toEqual([1]);
      expect(await query('count(count by (job) ({job!=""}))')).toEqual([1]);
    });
  });

  it('has a prometheus.yml for two replicas that fire one alert for a cluster that is down', async () => {
    const replicas = [await startExporterWithoutCluster(), await startExporterWithoutCluster()] as const;
    const configuration = documented('prometheus.yml, two replicas', {
      'exporter-0.example.com:10650': replicas[0].address,
      'exporter-1.example.com:10650': replicas[1].address,
    });
    const global = { scrape_interval: '1s', evaluation_interval: '1s' };
    const prometheus = await startPrometheusWith(
      { ...configuration, global, rule_files: ['alerts.yaml'] },
      rules(shortThresholds),
    );
    onTestFinished(prometheus.stop);
    await until('the alert fires', 120, async () => {
      expect(await prometheus.query('zeebe_topology_up')).toEqual([0, 0]);
      expect(
        await prometheus.query('ALERTS{alertname="ZeebeTopologyClusterUnreachable", alertstate="firing"}'),
      ).toEqual([1]);
    });
  });

  it('has an alertmanager.yml that amtool accepts, with the inhibition rules', async () => {
    const text = stringify({ ...documented('alertmanager.yml'), inhibit_rules: inhibitRules() });
    const folder = await folderWith({ 'alertmanager.yml': text });
    await run('amtool', ['check-config', join(folder, 'alertmanager.yml')]);
  });

  it.each([
    { severity: 'critical', receiver: 'page' },
    { severity: 'warning', receiver: 'ticket' },
    { severity: 'info', receiver: 'discard' },
  ])('has an alertmanager.yml that sends $severity to the receiver $receiver', async ({ severity, receiver }) => {
    const folder = await folderWith({ 'alertmanager.yml': stringify(documented('alertmanager.yml')) });
    const file = `--config.file=${join(folder, 'alertmanager.yml')}`;
    const { stdout } = await run('amtool', ['config', 'routes', 'test', file, `severity=${severity}`]);
    expect(stdout.trim()).toBe(receiver);
  });
});

const inKubernetes = 'prometheus.yml, in Kubernetes';

function discovered(address: string, app: string, pod: string, release?: string) {
  return {
    targets: [address],
    labels: {
      __meta_kubernetes_pod_label_app_kubernetes_io_component: app,
      __meta_kubernetes_pod_container_port_number: address.replace(/^.*:/, ''),
      __meta_kubernetes_namespace: 'monitoring',
      __meta_kubernetes_pod_name: pod,
      ...(release && { __meta_kubernetes_pod_label_app_kubernetes_io_instance: release }),
    },
  };
}

/** Starts an exporter whose only cluster is down. */
function startExporterWithoutCluster(): Promise<Exporter> {
  const environment = { ZEEBE_REST_ADDRESS: 'http://127.0.0.1:1', ZEEBE_POLL_INTERVAL: '1s', ZEEBE_POLL_TIMEOUT: '1s' };
  return startExporter({ environment });
}

/** Starts a Prometheus with the documented block, which scrapes an exporter every second. */
async function scraped(block: string): Promise<Prometheus> {
  const exporter = await startExporterWithoutCluster();
  const prometheus = await startPrometheusWith({
    ...documented(block, { 'exporter.example.com:10650': exporter.address }),
    global: { scrape_interval: '1s' },
  });
  onTestFinished(prometheus.stop);
  return prometheus;
}

/** Writes the files into a new folder, and returns it. */
async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const { data } = await createSystemFolder('configuration');
  for (const [name, text] of Object.entries(files)) await writeFile(join(data, name), text);
  return data;
}
