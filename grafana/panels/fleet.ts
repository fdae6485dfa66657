import { timeline } from '../graphs.ts';
import { runbook } from '../links.ts';
import { ofExporter, withoutName } from '../queries.ts';
import { discoveryStates, roleStates } from '../states.ts';
import { table } from '../tables.ts';

const discoveryUp = ofExporter('zeebe_topology_discovery_up');
const leader = ofExporter('zeebe_topology_exporter_leader');

export const discovery = () =>
  table({
    title: 'Discovery of clusters',
    description:
      'The last refresh of each provider by each exporter. A refresh that failed, in whole or in part, leaves the previous clusters in use. Empty without discovery.',
    width: 12,
    height: 7,
    labels: [
      { title: 'Exporter', label: 'instance' },
      { title: 'Job', label: 'job' },
      { title: 'Provider', label: 'provider' },
    ],
    values: [
      { title: 'Last refresh', expr: withoutName(discoveryUp), states: discoveryStates },
      { title: 'Clusters', expr: withoutName(ofExporter('zeebe_topology_discovery_clusters')), decimals: 0 },
      {
        title: 'Since last success',
        expr: `time() - ${ofExporter('zeebe_topology_discovery_last_success_timestamp_seconds')}`,
        unit: 's',
        decimals: 0,
      },
    ],
    sortBy: 'Last refresh',
    noValue: '–',
    links: [runbook('DiscoveryFailing')],
  });

export const leadersAndShards = () =>
  table({
    title: 'Leaders and shards',
    description:
      'The shard of each exporter, from 0, the number of shards, and whether the exporter leads or stands by. Empty without shards and leader election.',
    width: 12,
    height: 7,
    labels: [
      { title: 'Exporter', label: 'instance' },
      { title: 'Job', label: 'job' },
      { title: 'Shard', label: 'shard' },
    ],
    values: [
      { title: 'Shards', expr: withoutName(ofExporter('zeebe_topology_exporter_total_shards')), decimals: 0 },
      { title: 'Role', expr: withoutName(leader), states: roleStates },
    ],
    sortBy: 'Shard',
    noValue: '–',
    links: [runbook('NoLeader'), runbook('ShardMissing')],
  });

export const discoveryOverTime = () =>
  timeline({
    title: 'Discovery over time',
    description: 'Whether the last refresh of each provider succeeded. A gap: the exporter was not scraped.',
    width: 12,
    height: 7,
    queries: [{ expr: discoveryUp, legend: '{{instance}}: {{provider}}' }],
    states: discoveryStates,
    links: [runbook('DiscoveryFailing')],
  });

export const leadersOverTime = () =>
  timeline({
    title: 'Leaders over time',
    description: 'Which exporter leads and polls. A gap: the exporter was not scraped.',
    width: 12,
    height: 7,
    queries: [{ expr: leader, legend: '{{instance}}' }],
    states: roleStates,
    links: [runbook('NoLeader')],
  });
