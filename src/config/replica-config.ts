import { omitUndefined } from '../omit-undefined.ts';
import type { LeaderElectionConfig, Shard } from './replica-settings.ts';
import type { Settings } from './resolve.ts';
import type { topTable } from './settings-table.ts';

/** Returns undefined if there is only one shard, or if something is wrong, which is reported. */
export function shardOf(settings: Settings<typeof topTable>): Shard | undefined {
  const [index, total] = [settings.value('shard'), settings.value('total_shards')];
  if (!settings.valid('shard') || !settings.valid('total_shards')) return undefined;
  if (index === undefined) {
    if (total > 1) settings.report('shard', `a number from 0 to ${total - 1}, as ${nameAndValue(settings)}`, 'nothing');
    return undefined;
  }
  if (index >= total) {
    settings.report('shard', `a number below ${nameAndValue(settings)}`, settings.shown('shard'));
    return undefined;
  }
  return total === 1 ? undefined : { index, total };
}

function nameAndValue(settings: Settings<typeof topTable>): string {
  return `${settings.name('total_shards')} (${settings.value('total_shards')})`;
}

/** Returns undefined without leader election. */
export function leaderElectionOf(
  settings: Settings<typeof topTable>,
  shard: Shard | undefined,
): LeaderElectionConfig | undefined {
  if (!settings.value('leader_election.enabled')) return undefined;
  const name = settings.value('leader_election.lease_name');
  const namespace = settings.value('leader_election.namespace');
  const identity = settings.value('leader_election.identity');
  return { leaseName: shard ? `${name}-${shard.index}` : name, ...omitUndefined({ namespace, identity }) };
}
