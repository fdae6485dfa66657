import { onTestFinished } from 'vitest';
import { rules } from '../../../prometheus/rules.ts';
import type { Thresholds } from '../../../prometheus/thresholds.ts';
import { startAlertmanager } from '../systems/alertmanager.ts';
import { type Prometheus, startPrometheusWith } from '../systems/prometheus.ts';
import { documented, inhibitRules } from './documented.ts';
import { type Notification, startReceiver } from './receiver.ts';

export interface AlertingStack {
  /** Returns the alerts that have fired since then, each as `name cluster`. */
  readonly fired: (since: Date) => Promise<readonly string[]>;
  /** Returns the alerts that fire now, each as `name cluster`. */
  readonly firing: () => Promise<readonly string[]>;
  /** Returns all new notifications in order, each as `receiver name cluster`. */
  readonly notified: () => readonly string[];
  /** Returns the notifications that are not resolved yet. */
  readonly unresolved: () => readonly string[];
}

/**
 * Starts Prometheus and Alertmanager as docs/prometheus.md configures them, with other addresses and shorter times, and a
 * receiver. They end with the test.
 */
export async function startAlertingStack(exporter: string, thresholds: Thresholds): Promise<AlertingStack> {
  const receiver = await startReceiver();
  onTestFinished(receiver.stop);
  const alertmanager = await startAlertmanager({
    ...documented('alertmanager.yml', {
      'https://page.example.com/': receiver.url,
      'https://ticket.example.com/': receiver.url,
      // Longer than the exporter needs to see all effects of a crash.
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
    notified: () => replay(receiver.notifications).notified,
    unresolved: () => [...replay(receiver.notifications).unresolved],
  };
}

async function alertsOf(prometheus: Prometheus, since: Date): Promise<readonly string[]> {
  const series = await prometheus.queryRange('ALERTS{alertstate="firing"}', since, new Date());
  return [...new Set(series.map(({ metric }) => nameOf(metric)))].toSorted();
}

function nameOf({ alertname = '', zeebe_cluster: cluster = '' }: Readonly<Record<string, string>>): string {
  return `${alertname.replace('ZeebeTopology', '')} ${cluster}`.trim();
}

/** A notification of a group repeats earlier alerts. An alert is new if it did not fire in the previous one. */
function replay(notifications: readonly Notification[]) {
  const notified: string[] = [];
  const unresolved = new Set<string>();
  for (const { receiver, alerts } of notifications) {
    const named = alerts.map(({ status, labels }) => ({ status, name: `${receiver} ${nameOf(labels)}` }));
    const now = new Set(named.filter(({ status }) => status === 'firing').map(({ name }) => name));
    notified.push(...[...now].filter((name) => !unresolved.has(name)));
    for (const { name } of named) unresolved.delete(name);
    for (const name of now) unresolved.add(name);
  }
  return { notified, unresolved };
}
