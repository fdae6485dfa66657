import { highest } from '../../prometheus/expressions.ts';
import { bars, lines, stat, timeline } from '../graphs.ts';
import { runbook } from '../links.ts';
import { thresholds } from '../panel.ts';
import { increase, namedByTenant, ofTenant } from '../queries.ts';
import { leaderStates } from '../states.ts';
import { table } from '../tables.ts';
import { partitionsLed } from './brokers.ts';
import { hasLeader, partitionsWithoutLeader, perMinute } from './expressions.ts';

const changes = 'zeebe_topology_partition_leader_changes_total';

export const partitionsWithoutLeaderNow = () =>
  stat({
    title: 'Partitions without leader',
    description:
      'Partitions that make no progress because they have no leader, as of the last poll. Unknown while the last poll failed.',
    width: 4,
    height: 4,
    queries: [{ expr: partitionsWithoutLeader, legend: '{{zeebe_cluster}}' }],
    unit: 'short',
    thresholds: thresholds('green', { value: 1, color: 'red' }),
    noValue: 'Unknown',
    links: [runbook('PartitionWithoutLeader')],
  });

export const leaders = () =>
  table({
    title: 'Leaders',
    description:
      'The leader of each partition as of the last poll, and how often it changed in the time range, as reported by the gateway. Only the changes are known while the last poll failed.',
    width: 12,
    height: 10,
    labels: [
      { title: 'Cluster', label: 'zeebe_cluster' },
      { title: 'Job', label: 'job' },
      { title: 'Physical tenant', label: 'physical_tenant' },
      { title: 'Partition', label: 'partition' },
      { title: 'Leader', label: 'broker' },
    ],
    values: [
      { expr: `${highest(ofTenant('zeebe_topology_partition_role', 'role="leader"'), 'role')} == 1` },
      { title: 'Has leader', expr: hasLeader, states: leaderStates },
      { title: 'Changes', expr: highest(increase(ofTenant(changes))), unit: 'short', decimals: 0 },
    ],
    sortBy: 'Partition',
    noValue: '–',
    links: [runbook('PartitionWithoutLeader'), runbook('LeaderFlapping')],
  });

export const leaderChanges = () =>
  bars({
    title: 'Leader changes per minute, by partition',
    description:
      'A change is a leader other than the last known one. No bar: no change. Changes between two polls that end with the same leader are missed.',
    width: 12,
    height: 10,
    unit: 'cpm',
    queries: [
      { expr: namedByTenant(perMinute(ofTenant(changes))), legend: '{{zeebe_cluster}}: partition {{partition}}' },
    ],
    links: [runbook('LeaderFlapping')],
  });

export const leadersOverTime = () =>
  timeline({
    title: 'Partitions with and without leader',
    description: 'Whether each partition has a leader. A gap: the poll failed.',
    width: 12,
    height: 9,
    queries: [{ expr: namedByTenant(hasLeader), legend: '{{zeebe_cluster}}: partition {{partition}}' }],
    states: leaderStates,
    links: [runbook('PartitionWithoutLeader')],
  });

export const leadersByBroker = () =>
  lines({
    title: 'Partitions led by broker',
    description:
      'Partitions of all selected physical tenants. A broker that leads more partitions has more load. A gap: the poll failed.',
    width: 12,
    height: 9,
    unit: 'short',
    min: 0,
    queries: [{ expr: partitionsLed, legend: '{{zeebe_cluster}} / {{broker}}' }],
    links: [runbook('LeadersUneven')],
  });
