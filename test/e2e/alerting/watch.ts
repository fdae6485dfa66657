import { onTestFinished } from 'vitest';
import { rules } from '../../../prometheus/rules.ts';
import type { Thresholds } from '../../../prometheus/thresholds.ts';
import { startAlertmanager } from '../systems/alertmanager.ts';
import { type Prometheus, startPrometheusWith } from '../systems/prometheus.ts';
import { documented, inhibitRules } from './documented.ts';
import { type Notification, startReceiver } from './receiver.ts';

export interface Watch {
  /** Which alerts have been firing since then, each as `name cluster`. */
  fired(since: Date): Promise<readonly string[]>;
  /** Which alerts fire now, each as `name cluster`. */
  firing(): Promise<readonly string[]>;
  /** What rang: each cluster of which a receiver was told something new, as `receiver name cluster`, in order. */
  rings(): readonly string[];
  /** What has rung and was not told to be over yet. */
  ringing(): readonly string[];
}

/**
 * Prometheus and Alertmanager, set up as docs/prometheus.md says with other addresses and shorter times, and a receiver.
 * They end with the test.
 */
export async function watch(exporter: string, thresholds: Thresholds): Promise<Watch> {
  const receiver = await startReceiver();
  onTestFinished(receiver.stop);
  const alertmanager = await startAlertmanager({
    ...documented('alertmanager.yml', {
      'https://page.example.com/': receiver.url,
      'https://ticket.example.com/': receiver.url,
      // Longer than a crash takes to be seen as a whole.
      'group_wait: 30s': 'group_wait: 10s',
      'group_interval: 5m': 'group_interval: 5s',
    }),
    inhibit_rules: inhibitRules(),
  });
  onTestFinished(alertmanager.stop);
  const configuration = documented('prometheus.yml', {
    'exporter.example.com:10650': exporter,
    'alertmanager.example.com:9093': alertmanager.address,
    '_interval: 15s': '_interval: 1s',
  });
  const prometheus = await startPrometheusWith(configuration, rules(thresholds));
  onTestFinished(prometheus.stop);
  return {
    fired: (since) => alertsOf(prometheus, since),
    firing: () => alertsOf(prometheus, new Date()),
    rings: () => replay(receiver.notifications).rings,
    ringing: () => [...replay(receiver.notifications).ringing],
  };
}

async function alertsOf(prometheus: Prometheus, since: Date): Promise<readonly string[]> {
  const series = await prometheus.queryRange('ALERTS{alertstate="firing"}', since, new Date());
  return [...new Set(series.map(({ metric }) => nameOf(metric)))].toSorted();
}

function nameOf({ alertname = '', zeebe_cluster: cluster = '' }: Readonly<Record<string, string>>): string {
  return `${alertname.replace('ZeebeTopology', '')} ${cluster}`.trim();
}

/** A notification of a group repeats what it told before: new is a cluster that was not firing in the last one. */
function replay(notifications: readonly Notification[]) {
  const rings: string[] = [];
  const ringing = new Set<string>();
  for (const { receiver, alerts } of notifications) {
    const named = alerts.map(({ status, labels }) => ({ status, name: `${receiver} ${nameOf(labels)}` }));
    const now = new Set(named.filter(({ status }) => status === 'firing').map(({ name }) => name));
    rings.push(...[...now].filter((name) => !ringing.has(name)));
    for (const { name } of named) ringing.delete(name);
    for (const name of now) ringing.add(name);
  }
  return { rings, ringing };
}
