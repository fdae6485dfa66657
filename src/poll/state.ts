import type { AuthFailure } from '../auth/auth-failure.ts';
import type { TokenTimes } from '../auth/token.ts';
import type { AuthenticationMethod, ClusterConfig } from '../config/config.ts';
import { type Members, missingBrokers, nextMembers, noMembers } from '../zeebe/known-brokers.ts';
import {
  type LeaderChange,
  type LeaderHistory,
  nextLeaders,
  type Partition,
  partitionsOf,
} from '../zeebe/partitions.ts';
import { haveSameReplicas, type Topology } from '../zeebe/topology.ts';
import { type Verdict, verdictOf } from '../zeebe/verdict.ts';
import type { CertificateExpiries, PollResult } from './poll.ts';
import type { PollFailure } from './poll-failure.ts';

/** All that is known of a cluster after a poll: of the last poll, and what outlives it. */
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
  /** Of the last poll. */
  readonly leaderChanges: readonly LeaderChange[];
  readonly authentication: AuthenticationState;
  /** Of the chains last seen or configured: they outlive the polls that fail. */
  readonly certificates: CertificateExpiries;
  /** Whether the last poll used what the files of the cluster hold; absent where it has none. */
  readonly filesRead?: boolean;
}

export interface LastPoll {
  /** Unix time in milliseconds. */
  readonly endedAt: number;
  readonly failure?: PollFailure;
  readonly httpStatus?: number;
}

/** A topology, and what follows from it. */
export interface ClusterView {
  readonly topology: Topology;
  readonly partitions: readonly Partition[];
  readonly missingBrokers: readonly string[];
  /** The same object from poll to poll as long as the same partitions and replicas are there. */
  readonly shape: object;
}

export interface AuthenticationState {
  /** Absent until it was first decided. */
  readonly up?: boolean;
  /** What is wrong as of the last poll. */
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
  const { outcome, httpStatus, endedAt, filesRead } = result;
  const { name, method, pollInterval, members, leaders } = state;
  const lastPoll = {
    endedAt,
    ...(!outcome.ok && { failure: outcome.failure }),
    ...(httpStatus !== undefined && { httpStatus }),
  };
  const kept = {
    name,
    method,
    pollInterval,
    lastPoll,
    authentication: nextAuthentication(state, result),
    certificates: { ...state.certificates, ...result.certificates },
    ...(filesRead !== undefined && { filesRead }),
  };
  if (!outcome.ok) {
    const { lastSuccessAt } = state;
    const success = lastSuccessAt === undefined ? {} : { lastSuccessAt };
    return { ...kept, ...success, members, leaders, leaderChanges: [], verdict: 'unknown' };
  }
  const { topology } = outcome;
  if (topology === state.view?.topology) {
    const { verdict, view } = state;
    return { ...kept, lastSuccessAt: endedAt, verdict, view, members, leaders, leaderChanges: [] };
  }
  const partitions = partitionsOf(topology);
  const nextKnown = nextMembers(members, topology);
  const missing = missingBrokers(nextKnown, topology);
  const { history, changes } = nextLeaders(leaders, partitions);
  return {
    ...kept,
    lastSuccessAt: endedAt,
    verdict: verdictOf(topology, partitions, missing),
    view: { topology, partitions, missingBrokers: missing, shape: shapeAfter(state.view, topology, partitions) },
    members: nextKnown,
    leaders: history,
    leaderChanges: changes,
  };
}

function shapeAfter(view: ClusterView | undefined, { brokers }: Topology, partitions: readonly Partition[]): object {
  const isSame =
    view?.partitions.length === partitions.length &&
    view.partitions.every(({ id }, index) => id === partitions[index]?.id) &&
    haveSameReplicas(view.topology.brokers, brokers);
  return isSame ? view.shape : {};
}

/** Whether the credentials are good keeps its answer until another poll decides; what fails is of this poll only. */
function nextAuthentication(
  { authentication }: ClusterState,
  { authentication: result }: PollResult,
): AuthenticationState {
  const up = result.up ?? authentication.up;
  const token = result.token ?? authentication.token;
  return {
    ...(up !== undefined && { up }),
    ...(result.failure && { failure: result.failure }),
    ...(token && { token }),
  };
}
