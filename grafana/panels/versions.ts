import { highest } from '../../prometheus/expressions.ts';
import { lines } from '../graphs.ts';
import { runbook } from '../links.ts';
import { ofCluster, ofTenant } from '../queries.ts';
import { gatewayStates } from '../states.ts';
import { table } from '../tables.ts';

const brokersByVersion = `count without (broker, host, port) (${highest(ofCluster('zeebe_topology_broker_info'))})`;

export const versions = () =>
  table({
    title: 'Versions',
    description: 'The versions of brokers and gateway, as of the last poll. Empty while the last poll failed.',
    width: 12,
    height: 7,
    labels: [
      { title: 'Cluster', label: 'zeebe_cluster' },
      { title: 'Job', label: 'job' },
      { title: 'Version', label: 'version' },
    ],
    values: [
      { title: 'Brokers', expr: brokersByVersion, unit: 'short' },
      { title: 'Gateway', expr: highest(ofCluster('zeebe_topology_gateway_info')), states: gatewayStates },
    ],
    sortBy: 'Version',
    noValue: '–',
    links: [runbook('VersionSkew')],
  });

export const versionsOverTime = () =>
  lines({
    title: 'Brokers by version',
    description: 'Number of brokers per version. A gap: the poll failed.',
    width: 12,
    height: 7,
    unit: 'short',
    min: 0,
    queries: [{ expr: brokersByVersion, legend: '{{zeebe_cluster}}: {{version}}' }],
    links: [runbook('VersionSkew')],
  });

export const identity = () =>
  table({
    title: 'Identity',
    description:
      'The cluster id and the last completed change, if the cluster reports them (8.8 and later), the replication factor as of the last poll, and the poll interval. Each physical tenant has a row; what belongs to the whole cluster is in only one of them.',
    width: 24,
    height: 4,
    labels: [
      { title: 'Cluster', label: 'zeebe_cluster' },
      { title: 'Job', label: 'job' },
      { title: 'Physical tenant', label: 'physical_tenant' },
      { title: 'Cluster id', label: 'cluster_id' },
    ],
    values: [
      { expr: highest(ofCluster('zeebe_topology_cluster_info')) },
      {
        title: 'Last completed change',
        expr: highest(ofTenant('zeebe_topology_last_completed_change_id')),
        unit: 'none',
      },
      { title: 'Replication factor', expr: highest(ofTenant('zeebe_topology_replication_factor')), unit: 'short' },
      { title: 'Poll interval', expr: highest(ofCluster('zeebe_topology_poll_interval_seconds')), unit: 's' },
    ],
    sortBy: 'Cluster',
    noValue: '–',
  });
