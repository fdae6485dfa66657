import type { TokenTimes } from '../auth/token.ts';
import type { AuthenticationMethod, ClusterConfig, SettingNames } from '../config/config.ts';
import type { StaticLabels } from '../config/labels.ts';
import type { AuthFailureReason, Failure, PollFailureReason } from '../failure.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { type KnownBrokers, missingBrokers, nextKnownBrokers, noKnownBrokers } from '../zeebe/known-brokers.ts';
import { type KnownLeaders, type LeaderChange, nextKnownLeaders, noKnownLeaders } from '../zeebe/known-leaders.ts';
import type { Topology } from '../zeebe/topology.ts';
import type { Verdict } from '../zeebe/verdict.ts';
import { type ClusterView, viewOf } from '../zeebe/view.ts';
import type { CertificateExpiries, PollResult } from './poll.ts';
import type { SeriesLimit } from './series-limit.ts';

/** What is known of a cluster: the result of the last poll, and what outlives it. */
export interface ClusterState {
  readonly name: string;
  readonly method: AuthenticationMethod;
  /** What messages call the cluster's settings. */
  readonly settingNames: SettingNames;
  readonly labels: StaticLabels;
  /** Milliseconds. 0: only requests for /probe lead to polls. */
  readonly pollInterval: number;
  /** Absent until the first poll has ended. */
  readonly lastPoll?: LastPoll;
  /** Unix time in milliseconds; absent until a poll has succeeded. */
  readonly lastSuccessAt?: number;
  readonly verdict: Verdict;
  /** Absent unless the last poll succeeded. */
  readonly view?: ClusterView;
  readonly knownBrokers: KnownBrokers;
  readonly leaders: KnownLeaders;
  /** The changes that the last poll found. */
  readonly leaderChanges: readonly LeaderChange[];
  readonly authentication: AuthenticationState;
  /** Those of the certificate chains last seen or configured. They outlive failed polls. */
  readonly certificates: CertificateExpiries;
  /** Whether the last poll used the current content of the cluster's files; absent if it has none. */
  readonly filesRead?: boolean;
  /** Of the last topology. It outlives failed polls, as the leader changes do. Absent without a limit. */
  readonly seriesLimit?: SeriesLimit;
}

export interface LastPoll {
  /** Unix time in milliseconds. */
  readonly endedAt: number;
  readonly failure?: Failure<PollFailureReason>;
  readonly httpStatus?: number;
}

export interface AuthenticationState {
  /** Whether the cluster accepts the credentials; absent until it was first decided. */
  readonly up?: boolean;
  /** What was wrong in the last poll. */
  readonly failure?: Failure<AuthFailureReason>;
  /** The times of the last token obtained. */
  readonly token?: TokenTimes;
}

export function initialState({
  name,
  authentication,
  pollInterval,
  settingNames,
  labels,
}: ClusterConfig): ClusterState {
  return {
    name,
    method: authentication.method,
    pollInterval,
    settingNames,
    labels,
    verdict: 'unknown',
    knownBrokers: noKnownBrokers,
    leaders: noKnownLeaders,
    leaderChanges: [],
    authentication: {},
    certificates: {},
  };
}

export function nextState(state: ClusterState, result: PollResult): ClusterState {
  const { outcome, endedAt } = result;
  const { name, method, pollInterval, settingNames, labels, lastSuccessAt } = state;
  const kept = {
    name,
    method,
    pollInterval,
    settingNames,
    labels,
    lastPoll: lastPollOf(result),
    authentication: nextAuthentication(state, result),
    certificates: { ...state.certificates, ...result.certificates },
    ...omitUndefined({
      filesRead: result.filesRead,
      seriesLimit: outcome.ok ? outcome.seriesLimit : state.seriesLimit,
    }),
  };
  return outcome.ok
    ? { ...kept, ...afterTopology(state, outcome.topology), lastSuccessAt: endedAt }
    : { ...kept, ...withoutTopology(state), ...omitUndefined({ lastSuccessAt }) };
}

function lastPollOf({ outcome, endedAt, httpStatus }: PollResult): LastPoll {
  return { endedAt, ...omitUndefined({ failure: outcome.ok ? undefined : outcome.failure, httpStatus }) };
}

type TopologyState = Pick<ClusterState, 'verdict' | 'view' | 'knownBrokers' | 'leaders' | 'leaderChanges'>;

function withoutTopology({ knownBrokers, leaders }: ClusterState): TopologyState {
  return { verdict: 'unknown', knownBrokers, leaders, leaderChanges: [] };
}

function afterTopology(state: ClusterState, topology: Topology): TopologyState {
  const { verdict, view, knownBrokers, leaders } = state;
  if (view && topology === view.topology) return { verdict, view, knownBrokers, leaders, leaderChanges: [] };
  const known = nextKnownBrokers(knownBrokers, topology);
  const next = viewOf(topology, missingBrokers(known, topology));
  const led = nextKnownLeaders(leaders, next.groups);
  return {
    verdict: next.verdict,
    view: next,
    knownBrokers: known,
    leaders: led.leaders,
    leaderChanges: led.changes,
  };
}

/** `up` and `token` keep their values until a poll brings new ones; `failure` is that of the last poll. */
function nextAuthentication(
  { authentication }: ClusterState,
  { authentication: { up, token, failure } }: PollResult,
): AuthenticationState {
  return omitUndefined({ up: up ?? authentication.up, token: token ?? authentication.token, failure });
}
