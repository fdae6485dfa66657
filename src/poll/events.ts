import type { Failure } from '../failure.ts';
import { failureText } from '../failure-text.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { singleLine } from '../redact.ts';
import { enumerate, type Noun, named, subject } from '../wording.ts';
import { findingsOf } from '../zeebe/findings.ts';
import type { Topology } from '../zeebe/topology.ts';
import type { Verdict } from '../zeebe/verdict.ts';
import type { ClusterView, GroupView } from '../zeebe/view.ts';
import { type LeaderTimeline, nextLeaderTimeline } from './leader-timeline.ts';
import { exceededText } from './series-limit.ts';
import type { ClusterState } from './state.ts';

export const eventKinds = [
  'verdict_changed',
  'leader_moved',
  'broker_missing',
  'broker_back',
  'tenant_new',
  'tenant_gone',
  'tenant_verdict_changed',
  'version_changed',
  'size_changed',
  'series_limited',
  'series_exposed',
  'polls_failing',
  'polls_succeeding',
  'auth_failing',
  'auth_working',
] as const;
export type EventKind = (typeof eventKinds)[number];

export interface ClusterEvent {
  /** The end of the poll that showed it, Unix time in milliseconds. */
  readonly at: number;
  readonly kind: EventKind;
  /** A sentence without capital and full stop. */
  readonly text: string;
  /** The new verdict; only for `verdict_changed`. */
  readonly verdict?: Verdict;
}

/** The events of a cluster since the start of the exporter, and what the next ones are derived from. */
export interface ClusterHistory {
  /** Newest first, at most `maxEvents`. */
  readonly events: readonly ClusterEvent[];
  /** The events of the last poll, causes before effects. */
  readonly latest: readonly ClusterEvent[];
  /** Since when the verdict is the current one, Unix time in milliseconds; absent until the first poll has ended. */
  readonly verdictSince?: number;
  /** The verdict of the last poll that succeeded. */
  readonly lastVerdict?: Verdict;
  /** The last known topology. Failed polls, and gateways that know no topology yet, do not change it. */
  readonly lastView?: ClusterView;
  /** Absent until a topology is known. */
  readonly leaderTimeline?: LeaderTimeline;
  /** Why authentication fails; absent while it works. */
  readonly authFailing?: string;
}

export const noHistory: ClusterHistory = { events: [], latest: [] };

const maxEvents = 50;
/** Events about versions or sizes per poll: a cluster may report another version for each of 10,000 brokers. */
const maxChangesOfAKind = 10;
/** Characters. The status page shows the whole message while the failure lasts. */
const maxMessageLength = 120;

type Happening = Omit<ClusterEvent, 'at'>;

/** Derives the events of a poll. Must be called with the state after every poll, and the one before it. */
export function nextHistory(history: ClusterHistory, previous: ClusterState, state: ClusterState): ClusterHistory {
  const { lastPoll, view, verdict } = state;
  if (!lastPoll) return history;
  const at = lastPoll.endedAt;
  const happened = [
    ...authentication(history, state),
    ...polls(previous, state),
    ...(view && view !== history.lastView && knowsCluster(view) ? cluster(history.lastView, view) : []),
    ...leadersMoved(state),
    ...seriesLimited(previous, state),
    ...(view ? verdictChanged(history.lastVerdict, verdict, view) : []),
  ];
  const latest = happened.map((happening) => ({ at, ...happening }));

  const verdictSince = previous.lastPoll && previous.verdict === verdict ? history.verdictSince : at;
  const lastVerdict = view ? verdict : history.lastVerdict;
  const lastView = view && knowsCluster(view) ? view : history.lastView;
  const leaderTimeline = lastView && nextLeaderTimeline(history, lastView, at);
  const authFailing = standingAuthFailure(history, state);
  return {
    // Newest first: effects are above their causes.
    events: latest.length === 0 ? history.events : [...latest.toReversed(), ...history.events].slice(0, maxEvents),
    latest,
    ...omitUndefined({ verdictSince, lastVerdict, lastView, leaderTimeline, authFailing }),
  };
}

function knowsCluster({ topology }: ClusterView): boolean {
  return topology.clusterSize !== undefined;
}

/** Only a success ends a failure of authentication, not a poll that failed before authentication was reached. */
function standingAuthFailure(history: ClusterHistory, { lastPoll, authentication }: ClusterState): string | undefined {
  return authentication.failure?.reason ?? (lastPoll?.failure ? history.authFailing : undefined);
}

function authentication(history: ClusterHistory, state: ClusterState): readonly Happening[] {
  const standing = standingAuthFailure(history, state);
  if (standing === history.authFailing) return [];
  const { failure } = state.authentication;
  if (!failure) return [{ kind: 'auth_working', text: 'authentication works again' }];
  const still = state.lastPoll?.failure ? '' : '; the old token still works';
  return [
    {
      kind: 'auth_failing',
      text: `authentication fails (${failure.reason}): ${shortMessage(failure, state)}${still}`,
    },
  ];
}

function polls(previous: ClusterState, state: ClusterState): readonly Happening[] {
  const failure = state.lastPoll?.failure;
  const before = previous.lastPoll?.failure;
  if (failure?.reason === before?.reason) return [];
  if (!failure) return [{ kind: 'polls_succeeding', text: 'polls succeed again' }];
  const why = failure.reason === 'auth' ? '' : `: ${shortMessage(failure, state)}`;
  return [{ kind: 'polls_failing', text: `polls fail (${failure.reason})${why}` }];
}

function shortMessage(failure: Failure, { settingNames }: ClusterState): string {
  return singleLine(failureText(failure, settingNames).message, maxMessageLength);
}

function cluster(before: ClusterView | undefined, view: ClusterView): readonly Happening[] {
  const missingBefore = new Set(before?.missingBrokers);
  const missing = view.missingBrokers.filter((id) => !missingBefore.has(id));
  const back = view.topology.brokers.map(({ id }) => id).filter((id) => missingBefore.has(id));
  return [
    ...(before ? sizesChanged(before, view) : []),
    ...(before ? versionsChanged(before.topology, view.topology) : []),
    ...become('broker_missing', 'broker', missing, 'missing'),
    ...become('broker_back', 'broker', back, 'back'),
    ...(before ? tenantsChanged(before, view) : []),
  ];
}

function become(kind: EventKind, noun: Noun, ids: readonly string[], what: string): readonly Happening[] {
  return ids.length === 0 ? [] : [{ kind, text: `${subject(noun, ids, 'is')} ${what}` }];
}

/** A partition group of both views. */
interface GroupPair {
  readonly before: GroupView;
  readonly now: GroupView;
}

function groupPairs(before: ClusterView, view: ClusterView): readonly GroupPair[] {
  const groups = new Map(before.groups.map((group) => [group.tenant, group]));
  return view.groups.flatMap((now) => {
    const then = groups.get(now.tenant);
    return then ? [{ before: then, now }] : [];
  });
}

function sizesChanged(before: ClusterView, view: ClusterView): readonly Happening[] {
  const partitions = groupPairs(before, view).map(({ before, now }) => ({
    who: now.tenant === undefined ? 'the cluster' : named('physical tenant', [now.tenant]),
    noun: 'partitions',
    before: before.partitionsCount,
    now: now.partitionsCount,
  }));
  const brokers = { before: before.topology.clusterSize, now: view.topology.clusterSize };
  return [{ who: 'the cluster', noun: 'brokers', ...brokers }, ...partitions]
    .filter(({ before, now }) => before !== undefined && now !== undefined && before !== now)
    .slice(0, maxChangesOfAKind)
    .map(({ who, noun, before, now }) => ({
      kind: 'size_changed',
      text: `${who} has ${now} ${noun} (was ${before})`,
    }));
}

function tenantsChanged(before: ClusterView, view: ClusterView): readonly Happening[] {
  const judged = groupPairs(before, view).flatMap(({ before, now }) => {
    const hasChanged = now.tenant !== undefined && before.verdict !== now.verdict;
    return hasChanged ? [{ tenant: now.tenant, change: `became ${now.verdict} (was ${before.verdict})` }] : [];
  });
  const changes = Map.groupBy(judged, ({ change }) => change);
  return [
    ...become('tenant_new', 'physical tenant', tenantsOnlyIn(view, before), 'new'),
    ...become('tenant_gone', 'physical tenant', tenantsOnlyIn(before, view), 'no longer listed'),
    ...[...changes].map(([change, group]): Happening => {
      const ids = group.map(({ tenant }) => tenant);
      return { kind: 'tenant_verdict_changed', text: `${named('physical tenant', ids)} ${change}` };
    }),
  ];
}

function tenantsOnlyIn({ groups }: ClusterView, other: ClusterView): readonly string[] {
  const others = new Set(other.groups.map(({ tenant }) => tenant));
  return groups.flatMap(({ tenant }) => (tenant === undefined || others.has(tenant) ? [] : [tenant]));
}

function versionsChanged(before: Topology, now: Topology): readonly Happening[] {
  const versionOf = new Map(before.brokers.map(({ id, version }) => [id, version]));
  const changed = now.brokers.flatMap(({ id, version }) => {
    const old = versionOf.get(id);
    return old && version && old !== version ? [{ id, text: change(old, version) }] : [];
  });
  const groups = [...Map.groupBy(changed, ({ text }) => text)];
  const happenings: Happening[] = groups.slice(0, maxChangesOfAKind).map(([text, group]) => {
    const ids = group.map(({ id }) => id);
    return { kind: 'version_changed', text: `${subject('broker', ids, 'runs')} ${text}` };
  });
  const others = groups.slice(maxChangesOfAKind).flatMap(([, group]) => group.map(({ id }) => id));
  if (others.length > 0) {
    happenings.push({
      kind: 'version_changed',
      text: `${subject('broker', others, 'runs')} another version than before`,
    });
  }
  const [old, version] = [before.gatewayVersion, now.gatewayVersion];
  if (old !== undefined && version !== undefined && old !== version) {
    happenings.push({ kind: 'version_changed', text: `the gateway runs ${change(old, version)}` });
  }
  return happenings;
}

function change(before: string, now: string): string {
  return `${singleLine(now, 60)} (was ${singleLine(before, 60)})`;
}

function leadersMoved({ leaderChanges }: ClusterState): readonly Happening[] {
  if (leaderChanges.length === 0) return [];
  const moves = leaderChanges.map(({ tenant, partition, from, to }) => {
    const where = tenant === undefined ? '' : ` of ${named('physical tenant', [tenant])}`;
    return `partition ${partition}${where} from broker ${singleLine(from, 60)} to ${singleLine(to, 60)}`;
  });
  return [{ kind: 'leader_moved', text: `leader${moves.length === 1 ? '' : 's'} moved: ${enumerate(moves)}` }];
}

function seriesLimited(previous: ClusterState, { seriesLimit }: ClusterState): readonly Happening[] {
  const before = previous.seriesLimit?.exceeded;
  const now = seriesLimit?.exceeded;
  if (before?.setting === now?.setting) return [];
  if (!now)
    return [{ kind: 'series_exposed', text: 'the series of brokers, partitions and replicas are exposed again' }];
  return [{ kind: 'series_limited', text: exceededText(seriesLimit.series, now) }];
}

function verdictChanged(before: Verdict | undefined, verdict: Verdict, view: ClusterView): readonly Happening[] {
  if (verdict === before) return [];
  const [worst] = findingsOf(view);
  const why = worst ? `: ${worst.text}` : '';
  const change = before ? `became ${verdict} (was ${before})` : `is ${verdict}`;
  return [{ kind: 'verdict_changed', text: `the cluster ${change}${why}`, verdict }];
}
