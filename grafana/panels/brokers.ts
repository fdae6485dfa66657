import { highest, without } from '../../prometheus/expressions.ts';
import { stat, timeline } from '../graphs.ts';
import { runbook } from '../links.ts';
import { thresholds } from '../panel.ts';
import { namedByTenant, ofCluster, ofTenant } from '../queries.ts';
import { brokerStates, replicaStates } from '../states.ts';
import { grid, table } from '../tables.ts';
import { brokersMissing, replica } from './expressions.ts';

const brokerUp = highest(ofCluster('zeebe_topology_broker_up'));
const leads = highest(ofTenant('zeebe_topology_partition_role', 'role="leader"'));
/** By each broker, in all selected physical tenants. */
export const partitionsLed = `sum ${without('physical_tenant', 'partition', 'role')} (${leads})`;

export const brokersMissingNow = () =>
  stat({
    title: 'Brokers missing',
    description: 'Expected number of brokers minus listed brokers. Unknown while the last poll failed.',
    width: 4,
    height: 4,
    queries: [{ expr: brokersMissing, legend: '{{zeebe_cluster}}' }],
    unit: 'short',
    thresholds: thresholds('green', { value: 1, color: 'red' }),
    noValue: 'Unknown',
    links: [runbook('BrokerMissing')],
  });

export const brokers = () =>
  table({
    title: 'Brokers',
    description:
      'Every broker that is listed or known to be missing, as of the last poll. Empty while the last poll failed. More brokers may be missing than the exporter can name.',
    width: 24,
    height: 7,
    labels: [
      { title: 'Cluster', label: 'zeebe_cluster' },
      { title: 'Job', label: 'job' },
      { title: 'Broker', label: 'broker' },
      { title: 'Host', label: 'host' },
      { title: 'Port', label: 'port' },
      { title: 'Version', label: 'version' },
    ],
    values: [
      { title: 'State', expr: brokerUp, states: brokerStates },
      { expr: highest(ofCluster('zeebe_topology_broker_info')) },
      { title: 'Partitions led', expr: partitionsLed, unit: 'short' },
    ],
    sortBy: 'Broker',
    noValue: '–',
    links: [runbook('BrokerMissing')],
  });

export const brokersByPartitions = () =>
  grid({
    title: 'Brokers by partitions',
    description:
      'Role and health of each replica as of the last poll, with a row per broker (and physical tenant) and a column per partition. A missing broker has no row. Empty while the last poll failed.',
    width: 24,
    height: 9,
    expr: `label_join(${namedByTenant(replica)}, "replicas", " / ", "zeebe_cluster", "broker")`,
    rowLabel: 'replicas',
    columnLabel: 'partition',
    states: replicaStates,
    noValue: '',
    links: [runbook('PartitionLeaderUnhealthy'), runbook('ReplicationBelowFactor')],
  });

export const brokersOverTime = () =>
  timeline({
    title: 'Brokers over time',
    description: 'Whether each broker was listed. A gap: the poll failed, or the broker was unknown.',
    width: 24,
    height: 7,
    queries: [{ expr: brokerUp, legend: '{{zeebe_cluster}} / {{broker}}' }],
    states: brokerStates,
    links: [runbook('BrokerMissing')],
  });

export const brokersByPartitionsOverTime = () =>
  timeline({
    title: 'Brokers by partitions over time',
    description:
      'Role and health of each replica, with a row per broker and partition (of each physical tenant). A gap: the poll failed, or the broker had no replica of the partition.',
    width: 24,
    height: 14,
    queries: [{ expr: namedByTenant(replica), legend: '{{zeebe_cluster}} / {{broker}}: partition {{partition}}' }],
    states: replicaStates,
  });
