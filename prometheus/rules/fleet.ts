import { highest, last, lowest, present, without } from '../expressions.ts';
import type { Thresholds } from '../thresholds.ts';
import type { Alerts } from './alert.ts';

/** Alerts on what decides which exporter polls which cluster: discovery, leader election and shards. */
export const fleetAlerts: Alerts = (thresholds) => [
  {
    name: 'DiscoveryFailing',
    severity: 'warning',
    expr: `${lowest(last('zeebe_topology_discovery_up', thresholds))} == 0`,
    summary: 'The discovery of Zeebe clusters fails.',
    description:
      `No refresh of the provider {{ $labels.provider }} (job {{ $labels.job }}) has succeeded completely for ` +
      `${thresholds.holdsFor.DiscoveryFailing}. New clusters may not be polled, and a restart may lose clusters that ` +
      'were found before.',
  },
  {
    name: 'NoLeader',
    severity: 'critical',
    // Each shard elects its own leader. Exporters without shards have no label `shard`.
    expr: `
      ${highest(`
        0 * ${shards(thresholds)} + ignoring (shard) group_left ${leader(thresholds)}
        or ${leader(thresholds)} unless ignoring (shard) ${shards(thresholds)}
      `)} == 0`,
    summary: 'No Zeebe topology exporter leads.',
    description:
      'No exporter{{ with $labels.shard }} of shard {{ . }}{{ end }} that is scraped leads (job {{ $labels.job }}). ' +
      'Their clusters are not polled, and an outage of one would not be detected.',
  },
  {
    name: 'ShardMissing',
    severity: 'critical',
    // Counts shards, not exporters: several exporters may have the same shard.
    expr: `
      ${highest(shards(thresholds), 'shard')}
      - count ${without('shard')} (${present(shards(thresholds))})
      > 0`,
    summary: 'A shard of the Zeebe clusters has no exporter.',
    description:
      'Shards without an exporter that is scraped: {{ $value }} (job {{ $labels.job }}). Their clusters are not ' +
      'polled, and an outage of one would not be detected.',
  },
];

function leader(thresholds: Thresholds): string {
  return last('zeebe_topology_exporter_leader', thresholds);
}

/** The number of shards, by the shard of each exporter. */
function shards(thresholds: Thresholds): string {
  return last('zeebe_topology_exporter_total_shards', thresholds);
}
