import { rowToCluster, rowToRunbook } from '../links.ts';
import { firingAlerts } from '../queries.ts';
import { table } from '../tables.ts';

export const alerts = () =>
  table({
    title: 'Firing alerts',
    description:
      'The firing alerts of prometheus/alerts.yaml, with links to their runbooks. Empty if none fires, or if this Prometheus does not load the rules.',
    width: 24,
    height: 6,
    labels: [
      { title: 'Alert', label: 'alertname', dataLink: rowToRunbook },
      { title: 'Severity', label: 'severity' },
      { title: 'Cluster', label: 'zeebe_cluster', dataLink: rowToCluster },
      { title: 'Job', label: 'job' },
      { title: 'Physical tenant', label: 'physical_tenant' },
      { title: 'Broker', label: 'broker' },
      { title: 'Partition', label: 'partition' },
      { title: 'Reason', label: 'reason' },
      { title: 'Exporter', label: 'instance' },
      { title: 'Role', label: 'role' },
    ],
    values: [{ expr: firingAlerts }],
    sortBy: 'Severity',
    noValue: 'No firing alerts',
  });
