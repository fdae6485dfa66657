import { singleLine } from '../redact.ts';
import type { ClusterView, GroupView } from '../zeebe/view.ts';

/** Which brokers led the partitions of a cluster, and when. */
export interface LeaderTimeline {
  /** From when on the changes are complete, Unix time in milliseconds. */
  readonly since: number;
  /** Newest first, at most `maxChanges`. */
  readonly changes: readonly LeadershipChange[];
}

/** A difference between the leaders of a partition in two successive topologies. No brokers: it had no leader. */
export interface LeadershipChange {
  /** The end of the poll that showed it, Unix time in milliseconds. */
  readonly at: number;
  /** The physical tenant; absent for the partitions of an answer without tenants. */
  readonly tenant?: string;
  readonly partition: number;
  readonly from: readonly string[];
  readonly to: readonly string[];
}

const maxChanges = 200;
/** Leaders per change. More than two are not expected, but the response of a gateway may claim any number. */
const maxLeaders = 3;

/** Adds the changes from the last known topology to the present one. */
export function nextLeaderTimeline(
  { leaderTimeline, lastView }: { readonly leaderTimeline?: LeaderTimeline; readonly lastView?: ClusterView },
  view: ClusterView,
  at: number,
): LeaderTimeline {
  if (!leaderTimeline || !lastView) return { since: at, changes: [] };
  const added = view === lastView ? [] : changesBetween(lastView, view, at);
  if (added.length === 0) return leaderTimeline;
  const all = [...added, ...leaderTimeline.changes];
  return { since: all[maxChanges]?.at ?? leaderTimeline.since, changes: all.slice(0, maxChanges) };
}

function changesBetween(before: ClusterView, now: ClusterView, at: number): readonly LeadershipChange[] {
  const groupsBefore = new Map(before.groups.map((group) => [group.tenant, group]));
  return now.groups.flatMap((group) => changesOfGroup(groupsBefore.get(group.tenant), group, at));
}

function changesOfGroup(before: GroupView | undefined, { tenant, partitions }: GroupView, at: number) {
  const leadersBefore = new Map(before?.partitions.map(({ id, leaders }) => [id, leaders]));
  return partitions.flatMap(({ id, leaders }): readonly LeadershipChange[] => {
    const from = shownLeaders(leadersBefore.get(id) ?? []);
    const to = shownLeaders(leaders);
    if (from.join() === to.join()) return [];
    return [{ at, ...(tenant !== undefined && { tenant }), partition: id, from, to }];
  });
}

function shownLeaders(leaders: readonly string[]): readonly string[] {
  return leaders.slice(0, maxLeaders).map((id) => singleLine(id, 60));
}
