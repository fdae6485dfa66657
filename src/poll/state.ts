import type { AuthFailure } from '../auth/auth-failure.ts';
import type { TokenTimes } from '../auth/token.ts';
import type { AuthenticationMethod, ClusterConfig } from '../config/config.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { type Members, missingBrokers, nextMembers, noMembers } from '../zeebe/known-brokers.ts';
import {
  type LeaderChange,
  type LeaderHistory,
  nextLeaders,
  type Partition,
  partitionsOf,
} from '../zeebe/partitions.ts';
import type { Topology } from '../zeebe/topology.ts';
import { type Verdict, verdictOf } from '../zeebe/verdict.ts';
import type { CertificateExpiries, PollResult } from './poll.ts';
import type { PollFailure } from './poll-failure.ts';

/** What is known of a cluster: the result of the last poll, and what is kept from the polls before. */
export interface ClusterState {
  readonly name: string;
  readonly method: AuthenticationMethod;
  /** Milliseconds. */
  readonly pollInterval: number;
  /** Absent until the first poll has ended. */
  readonly lastPoll?: LastPoll;
  /** Unix time in milliseconds; absent until a poll succeeded. */
  readonly lastSuccessAt?: number;
  readonly verdict: Verdict;
  /** Absent unless the last poll succeeded. */
  readonly view?: ClusterView;
  readonly members: Members;
  readonly leaders: LeaderHistory;
  /** Seen by the last poll. */
  readonly leaderChanges: readonly LeaderChange[];
  readonly authentication: AuthenticationState;
  /** Of the chains last seen or configured; kept while polls fail. */
  readonly certificates: CertificateExpiries;
  /** Whether the last poll used the current contents of the files of the cluster; absent where it has none. */
  readonly filesRead?: boolean;
}

export interface LastPoll {
  /** Unix time in milliseconds. */
  readonly endedAt: number;
  readonly failure?: PollFailure;
  readonly httpStatus?: number;
}

/** A topology and what is derived from it. */
export interface ClusterView {
  readonly topology: Topology;
  readonly partitions: readonly Partition[];
  readonly missingBrokers: readonly string[];
}

export interface AuthenticationState {
  /** Whether the cluster accepts the credentials; absent until a poll has decided it. */
  readonly up?: boolean;
  /** Of the last poll. */
  readonly failure?: AuthFailure;
  /** Of the last token obtained. */
  readonly token?: TokenTimes;
}

export function initialState({ name, authentication, pollInterval }: ClusterConfig): ClusterState {
  return {
    name,
    method: authentication.method,
    pollInterval,
    verdict: 'unknown',
    members: noMembers,
    leaders: new Map(),
    leaderChanges: [],
    authentication: {},
    certificates: {},
  };
}

export function nextState(state: ClusterState, result: PollResult): ClusterState {
  const { name, method, pollInterval } = state;
  const { outcome, httpStatus, endedAt, filesRead } = result;
  const failure = outcome.ok ? undefined : outcome.failure;
  return {
    name,
    method,
    pollInterval,
    lastPoll: { endedAt, ...omitUndefined({ failure, httpStatus }) },
    authentication: nextAuthentication(state, result),
    certificates: { ...state.certificates, ...result.certificates },
    ...omitUndefined({ filesRead }),
    ...(outcome.ok ? afterSuccess(state, outcome.topology, endedAt) : afterFailure(state)),
  };
}

type TopologyState = Pick<ClusterState, 'lastSuccessAt' | 'verdict' | 'view' | 'members' | 'leaders' | 'leaderChanges'>;

function afterFailure({ lastSuccessAt, members, leaders }: ClusterState): TopologyState {
  return { ...omitUndefined({ lastSuccessAt }), verdict: 'unknown', members, leaders, leaderChanges: [] };
}

function afterSuccess(state: ClusterState, topology: Topology, lastSuccessAt: number): TopologyState {
  const { verdict, view, members, leaders } = state;
  if (topology === view?.topology) return { lastSuccessAt, verdict, view, members, leaders, leaderChanges: [] };
  const partitions = partitionsOf(topology);
  const nextKnown = nextMembers(members, topology);
  const missing = missingBrokers(nextKnown, topology);
  const { history, changes } = nextLeaders(leaders, partitions);
  return {
    lastSuccessAt,
    verdict: verdictOf(topology, partitions, missing),
    view: { topology, partitions, missingBrokers: missing },
    members: nextKnown,
    leaders: history,
    leaderChanges: changes,
  };
}

/** `up` and the token stay as they are until another poll decides them; a failure is of the last poll only. */
function nextAuthentication(
  { authentication }: ClusterState,
  { authentication: { up, token, failure } }: PollResult,
): AuthenticationState {
  return omitUndefined({ up: up ?? authentication.up, token: token ?? authentication.token, failure });
}
