import { highest } from '../../prometheus/expressions.ts';
import { bars, lines, stat, timeline } from '../graphs.ts';
import { runbook } from '../links.ts';
import { thresholds } from '../panel.ts';
import { increase, ofCluster } from '../queries.ts';
import { leaderStates } from '../states.ts';
import { table } from '../tables.ts';
import { partitionsLed } from './brokers.ts';
import { partitionsWithoutLeader, perMinute } from './expressions.ts';

const changes = 'zeebe_topology_partition_leader_changes_total';
const hasLeader = highest(ofCluster('zeebe_topology_partition_has_leader'));

export const partitionsWithoutLeaderNow = () =>
  stat({
    title: 'Partitions without leader',
    description: 'As of the last poll: they do nothing. Empty while that failed: it is not known then.',
    width: 4,
    height: 4,
    queries: [{ expr: partitionsWithoutLeader, legend: '{{zeebe_cluster}}' }],
    unit: 'short',
    thresholds: thresholds('green', { value: 1, color: 'red' }),
    noValue: 'Not known',
    links: [runbook('PartitionWithoutLeader')],
  });

export const leaders = () =>
  table({
    title: 'Leaders',
    description:
      'The broker that leads each partition as of the last poll, and how often that changed in the time shown, as the gateway told it. While the last poll failed, the changes alone are known.',
    width: 12,
    height: 10,
    labels: [
      { title: 'Cluster', label: 'zeebe_cluster' },
      { title: 'Job', label: 'job' },
      { title: 'Partition', label: 'partition' },
      { title: 'Leader', label: 'broker' },
    ],
    values: [
      { expr: `${highest(ofCluster('zeebe_topology_partition_role', 'role="leader"'), 'role')} == 1` },
      { title: 'Is led', expr: hasLeader, states: leaderStates },
      { title: 'Changes', expr: highest(increase(ofCluster(changes))), unit: 'short', decimals: 0 },
    ],
    sortBy: 'Partition',
    noValue: '–',
    links: [runbook('PartitionWithoutLeader'), runbook('LeaderFlapping')],
  });

export const leaderChanges = () =>
  bars({
    title: 'Leader changes per minute, by partition',
    description:
      'Leaders other than the last one known. No bar: no change. What happens between two polls and ends with the same leader is not seen.',
    width: 12,
    height: 10,
    unit: 'cpm',
    queries: [{ expr: perMinute(changes), legend: '{{zeebe_cluster}}: partition {{partition}}' }],
    links: [runbook('LeaderFlapping')],
  });

export const leadersOverTime = () =>
  timeline({
    title: 'Partitions with and without leader',
    description: 'A row a partition. A gap: the poll failed.',
    width: 12,
    height: 9,
    queries: [{ expr: hasLeader, legend: '{{zeebe_cluster}}: partition {{partition}}' }],
    states: leaderStates,
    links: [runbook('PartitionWithoutLeader')],
  });

export const leadersByBroker = () =>
  lines({
    title: 'Partitions led, by broker',
    description: 'A broker that leads more than others does more of the work. A gap: the poll failed.',
    width: 12,
    height: 9,
    unit: 'short',
    min: 0,
    queries: [{ expr: partitionsLed, legend: '{{zeebe_cluster}} / {{broker}}' }],
    links: [runbook('LeadersUneven')],
  });
