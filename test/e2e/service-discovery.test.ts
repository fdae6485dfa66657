import { describe, expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { documented } from './alerting/documented.ts';
import { startExporter } from './exporter.ts';
import { freePorts } from './ports.ts';
import { startPrefixNginx } from './systems/nginx.ts';
import { type Prometheus, startPrometheusWith } from './systems/prometheus.ts';
import { startRecordedCluster } from './systems/recorded-cluster.ts';
import { until } from './until.ts';

/** Starts an exporter of these clusters, whose polls only Prometheus causes. */
async function startProbed(clusters: Readonly<Record<string, object>>, top: object = {}) {
  const { address, stop } = await startRecordedCluster();
  onTestFinished(stop);
  const described = Object.entries(clusters).map(([name, settings]) => ({ name, address, ...settings }));
  return startExporter({ file: stringify({ poll_interval: 0, clusters: described, ...top }) });
}

async function discovering(url: string, job: object = {}): Promise<Prometheus> {
  const prometheus = await startPrometheusWith({
    global: { scrape_interval: '1s' },
    scrape_configs: [{ job_name: 'zeebe', ...job, http_sd_configs: [{ url, refresh_interval: '1s' }] }],
  });
  onTestFinished(prometheus.stop);
  return prometheus;
}

const quoted = (text: string) => JSON.stringify(text);

describe('HTTP service discovery of Prometheus', () => {
  it('finds all clusters, and probes each without conflicting labels', async () => {
    const names = ['one', 'two words & "ö"'];
    const exporter = await startProbed(Object.fromEntries(names.map((name) => [name, {}])));
    expect((await exporter.get('/-/ready')).status).toBe(200);
    const { query } = await discovering(`http://${exporter.address}/sd`);
    for (const name of names) {
      await until(`${name} is scraped`, 60, async () => {
        expect(await query(`zeebe_topology_up{zeebe_cluster=${quoted(name)}}`)).toEqual([1]);
      });
      expect(await query(`up{instance=${quoted(`${exporter.address}/${name}`)}}`)).toEqual([1]);
    }
    expect(await query('count(up)')).toEqual([names.length]);
    expect(await query('zeebe_topology_poll_interval_seconds')).toEqual([0, 0]);
    expect(await query('count({exported_zeebe_cluster!=""}) or vector(0)')).toEqual([0]);
    expect(await query('count(zeebe_topology_exporter_build_info) or vector(0)')).toEqual([0]);
  });

  it('puts the labels of a cluster on its series, as documented', async () => {
    const exporter = await startProbed({ one: { labels: { team: 'payments', stage: 'test' } }, two: {} });
    const { scrape_configs } = documented('prometheus.yml, one target per cluster with its labels');
    const [job] = scrape_configs as readonly object[];
    const { query } = await discovering(`http://${exporter.address}/sd`, job);
    await until('both are scraped', 60, async () => expect(await query('zeebe_topology_up')).toEqual([1, 1]));
    expect(await query('zeebe_topology_up{zeebe_cluster="one", team="payments", stage="test"}')).toEqual([1]);
    expect(await query('zeebe_topology_up{zeebe_cluster="two", team="", stage=""}')).toEqual([1]);
    expect(await query('up{team="payments"}')).toEqual([1]);
    expect(await query('count({exported_team!=""}) or vector(0)')).toEqual([0]);
  });

  it('keeps the labels of a cluster as series to join on', async () => {
    const exporter = await startProbed({ one: { labels: { team: 'payments' } } });
    const { query } = await discovering(`http://${exporter.address}/sd`);
    const joined =
      'zeebe_topology_up * on (job, instance, zeebe_cluster) group_left (team) zeebe_topology_cluster_labels';
    await until('it is scraped', 60, async () => {
      expect(await query(`count by (team) (${joined})`)).toEqual([1]);
    });
    expect(await query('zeebe_topology_cluster_labels{zeebe_cluster="one", team="payments"}')).toEqual([1]);
  });

  it('relabels by what is known of a cluster', async () => {
    const exporter = await startProbed({ one: {} });
    const copied = { source_labels: ['__meta_zeebe_provider'], target_label: 'provider' };
    const { query } = await discovering(`http://${exporter.address}/sd`, { relabel_configs: [copied] });
    await until('it is scraped', 60, async () => expect(await query('up{provider="file"}')).toEqual([1]));
  });

  it('scrapes through a reverse proxy, below the prefix that this forwards', async () => {
    const [port = 0] = await freePorts(1);
    const host = `127.0.0.1:${port}`;
    const exporter = await startProbed({ one: {} }, { web: { external_url: `http://${host}` } });
    const proxy = await startPrefixNginx(`http://${exporter.address}`, port, '/zeebe');
    onTestFinished(proxy.stop);
    const { query } = await discovering(`${proxy.address}/sd`);
    await until('it is scraped', 60, async () => {
      expect(await query(`up{instance=${quoted(`${host}/zeebe/one`)}}`)).toEqual([1]);
    });
    expect(await query('zeebe_topology_up{zeebe_cluster="one"}')).toEqual([1]);
  });

  it('scrapes at the external URL, although the targets are found at another address', async () => {
    const [port = 0] = await freePorts(1);
    const exporter = await startProbed({ one: {} }, { web: { external_url: `http://127.0.0.1:${port}/zeebe` } });
    const proxy = await startPrefixNginx(`http://${exporter.address}`, port, '/zeebe');
    onTestFinished(proxy.stop);
    const { query } = await discovering(`http://${exporter.address}/sd`);
    await until('it is scraped', 60, async () => {
      expect(await query(`up{instance="127.0.0.1:${port}/zeebe/one"}`)).toEqual([1]);
    });
  });
});
