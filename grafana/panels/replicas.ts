import { highest } from '../../prometheus/expressions.ts';
import { bars, lines, stat } from '../graphs.ts';
import { runbook } from '../links.ts';
import { thresholds } from '../panel.ts';
import { namedByTenant, ofCluster, ofTenant } from '../queries.ts';
import { table } from '../tables.ts';
import { healthyReplicas, underReplicatedPartitions, wantedReplicas } from './expressions.ts';

const listedReplicas = highest(ofTenant('zeebe_topology_partition_replicas'));
const missing = `${wantedReplicas} - ignoring (partition) group_right () ${healthyReplicas}`;
const spare = `${healthyReplicas} - ignoring (partition) group_left () (floor(${wantedReplicas} / 2) + 1)`;

export const underReplicatedPartitionsNow = () =>
  stat({
    title: 'Under-replicated partitions',
    description:
      'Partitions with fewer healthy replicas than the replication factor, as of the last poll. Unknown while the last poll failed.',
    width: 4,
    height: 4,
    queries: [{ expr: underReplicatedPartitions, legend: '{{zeebe_cluster}}' }],
    unit: 'short',
    thresholds: thresholds('green', { value: 1, color: 'red' }),
    noValue: 'Unknown',
    links: [runbook('ReplicationBelowFactor')],
  });

export const replicas = () =>
  table({
    title: 'Replicas and replication factor',
    description:
      'Replicas of each partition as of the last poll. Missing: the replication factor minus healthy replicas. Spare: replicas that can be lost before the partition stops; below 0 it has stopped. Empty while the last poll failed.',
    width: 12,
    height: 10,
    labels: [
      { title: 'Cluster', label: 'zeebe_cluster' },
      { title: 'Job', label: 'job' },
      { title: 'Physical tenant', label: 'physical_tenant' },
      { title: 'Partition', label: 'partition' },
    ],
    values: [
      { title: 'Listed', expr: listedReplicas, unit: 'short' },
      { title: 'Healthy', expr: healthyReplicas, unit: 'short' },
      {
        title: 'Missing',
        expr: missing,
        unit: 'short',
        thresholds: thresholds('green', { value: 1, color: 'orange' }),
      },
      { title: 'Spare', expr: spare, unit: 'short', thresholds: thresholds('red', { value: 0, color: 'transparent' }) },
    ],
    sortBy: 'Missing',
    descending: true,
    noValue: '–',
    links: [runbook('ReplicationBelowFactor'), runbook('QuorumAtRisk')],
  });

export const replicasOverTime = () =>
  lines({
    title: 'Healthy replicas and replication factor',
    description:
      'Of the partition with the fewest healthy replicas. The replication factor decreases while brokers leave. A gap: the poll failed.',
    width: 12,
    height: 10,
    unit: 'short',
    min: 0,
    queries: [
      {
        expr: namedByTenant(`min without (partition) (${healthyReplicas})`),
        legend: '{{zeebe_cluster}}: fewest healthy',
      },
      { expr: namedByTenant(wantedReplicas), legend: '{{zeebe_cluster}}: replication factor' },
    ],
    links: [runbook('ReplicationBelowFactor'), runbook('QuorumAtRisk')],
  });

export const sizes = () =>
  lines({
    title: 'Sizes',
    description: 'Expected and listed brokers, and partitions. A gap: the poll failed.',
    width: 12,
    height: 8,
    unit: 'short',
    min: 0,
    queries: [
      { expr: highest(ofCluster('zeebe_topology_cluster_size')), legend: '{{zeebe_cluster}}: brokers expected' },
      { expr: highest(ofCluster('zeebe_topology_brokers')), legend: '{{zeebe_cluster}}: brokers listed' },
      { expr: namedByTenant(highest(ofTenant('zeebe_topology_partitions'))), legend: '{{zeebe_cluster}}: partitions' },
    ],
    links: [runbook('ScalingStuck')],
  });

const moving = highest(ofTenant('zeebe_topology_partition_state', 'state=~"joining|leaving|recovering"'));

export const movingReplicas = () =>
  bars({
    title: 'Joining, leaving and recovering replicas',
    description:
      'Reported only by Zeebe 8.10 and later. Recovering: an operator has set recovery mode. No bar: there is none, or the cluster does not report it.',
    width: 12,
    height: 8,
    unit: 'short',
    queries: [
      {
        expr: namedByTenant(`sum without (broker, partition) (${moving}) > 0`),
        legend: '{{zeebe_cluster}}: {{state}}',
      },
    ],
    links: [runbook('ScalingStuck')],
  });
