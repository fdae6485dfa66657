import { stringify } from 'yaml';
import type { Alert } from './rules/alert.ts';
import { authenticationAlerts } from './rules/authentication.ts';
import { clusterAlerts } from './rules/cluster.ts';
import { exporterAlerts } from './rules/exporter.ts';
import { fleetAlerts } from './rules/fleet.ts';
import { pollAlerts } from './rules/polls.ts';
import { recordings } from './rules/recording.ts';
import type { Thresholds } from './thresholds.ts';

const prefix = 'ZeebeTopology';
const runbooks = 'https://github.com/zeebe-topology-exporter/zeebe-topology-exporter/blob/main/docs/runbooks';

/** The rule files that Prometheus loads, by name. */
export function rules(thresholds: Thresholds): Readonly<Record<'alerts.yaml' | 'recording.yaml', string>> {
  const groups = Object.entries(alertGroups(thresholds)).map(([name, alerts]) => ({
    name,
    rules: alerts.map((alert) => alertRule(alert, thresholds)),
  }));

  const recordingGroup = {
    name: 'zeebe-topology-recording',
    rules: recordings(thresholds).map(({ record, expr }) => ({ record, expr: layOut(expr) })),
  };
  return { 'alerts.yaml': ruleFile(groups), 'recording.yaml': ruleFile([recordingGroup]) };
}

/** The alerts by rule group. */
export function alertGroups(thresholds: Thresholds): Readonly<Record<string, readonly Alert[]>> {
  return {
    'zeebe-topology-exporter': [...exporterAlerts(thresholds), ...fleetAlerts(thresholds)],
    'zeebe-topology-polls': pollAlerts(thresholds),
    'zeebe-topology-authentication': authenticationAlerts(thresholds),
    'zeebe-topology-cluster': clusterAlerts(thresholds),
  };
}

function alertRule({ name, severity, expr, summary, description }: Alert, { holdsFor, keepsFiringFor }: Thresholds) {
  const alert = `${prefix}${name}`;
  const afterwards = keepsFiringFor[name];
  return {
    alert,
    expr: layOut(expr),
    for: holdsFor[name],
    ...(afterwards && { keep_firing_for: afterwards }),
    labels: { severity },
    annotations: { summary, description, runbook_url: `${runbooks}/${alert}.md` },
  };
}

/** Removes the indentation that an expression has in the source. */
function layOut(expression: string): string {
  const lines = expression.replace(/^\n/, '').split('\n');
  const indentation = Math.min(...lines.map((line) => line.search(/\S|$/)));
  return lines.map((line) => line.slice(indentation)).join('\n');
}

function ruleFile(groups: readonly unknown[]): string {
  return `# Written by npm run rules from prometheus/rules.ts; thresholds are in prometheus/thresholds.ts.\n${stringify({ groups }, { lineWidth: 0 })}`;
}
