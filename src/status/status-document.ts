import type { TokenTimes } from '../auth/token.ts';
import type { AuthenticationMethod, SettingNames } from '../config/config.ts';
import type { AuthFailureReason, Failure, FailureReason, PollFailureReason } from '../failure.ts';
import { failureText } from '../failure-text.ts';
import { omitUndefined } from '../omit-undefined.ts';
import type { ClusterEvent, ClusterHistory } from '../poll/events.ts';
import type { AuthenticationState, ClusterState, ClusterView, LastPoll } from '../poll/state.ts';
import type { Broker, Replica, ReplicaHealth, ReplicaState, Role, Topology } from '../zeebe/topology.ts';
import { type Finding, findingsOf, type Verdict } from '../zeebe/verdict.ts';

/** The response to `GET /api/v1/clusters` (docs/api.md). Times are in Unix seconds; unknown values are absent. */
export interface StatusDocument {
  readonly apiVersion: 1;
  readonly now: number;
  readonly exporter: { readonly version: string; readonly startedAt: number };
  readonly clusters: readonly ClusterStatus[];
}

export interface ClusterStatus {
  readonly name: string;
  readonly verdict: Verdict;
  readonly verdictSince?: number;
  /** The worst first. Empty only if the verdict is healthy. */
  readonly findings: readonly FindingStatus[];
  /** Seconds. */
  readonly pollInterval: number;
  readonly lastPoll?: {
    readonly endedAt: number;
    readonly httpStatus?: number;
    readonly failure?: FailureStatus<PollFailureReason>;
  };
  readonly lastSuccessAt?: number;
  readonly authentication: AuthenticationStatus;
  readonly topology?: TopologyStatus;
  /** Newest first. */
  readonly events: readonly ClusterEvent[];
}

export interface FailureStatus<Reason extends FailureReason> {
  readonly reason: Reason;
  readonly message: string;
  readonly remedy: string;
}

export interface FindingStatus extends Finding {
  /** What to do about it, if known. */
  readonly remedy?: string;
}

export interface AuthenticationStatus {
  readonly method: AuthenticationMethod;
  readonly up?: boolean;
  readonly failure?: FailureStatus<AuthFailureReason>;
  readonly token?: { readonly obtainedAt: number; readonly expiresAt?: number; readonly lifetime?: number };
}

export interface TopologyStatus extends Omit<Topology, 'brokers'> {
  readonly brokers: readonly BrokerStatus[];
  readonly missingBrokers: readonly string[];
  readonly partitions: readonly PartitionStatus[];
}

export interface BrokerStatus extends Omit<Broker, 'replicas'> {
  readonly replicas: readonly ReplicaStatus[];
}

/** Partition, role, health and, if the gateway reports it, state. */
export type ReplicaStatus = readonly [number, Role, ReplicaHealth, ReplicaState?];

export interface PartitionStatus {
  readonly id: number;
  readonly leaders: readonly string[];
  readonly replicas: number;
  readonly healthyReplicas: number;
}

export function clusterStatus(state: ClusterState, history: ClusterHistory): ClusterStatus {
  const { name, method, verdict, lastPoll, lastSuccessAt, view } = state;
  const { verdictSince, events } = history;
  return {
    name,
    verdict,
    findings: findingsNow(state),
    pollInterval: seconds(state.pollInterval),
    authentication: authenticationStatus(method, state.authentication, state.settingNames),
    ...omitUndefined({
      verdictSince: optionalSeconds(verdictSince),
      lastPoll: lastPoll && pollStatus(lastPoll, state.settingNames),
      lastSuccessAt: optionalSeconds(lastSuccessAt),
      topology: view && topologyStatus(view),
    }),
    events: events.map((event) => ({ ...event, at: seconds(event.at) })),
  };
}

function findingsNow({ lastPoll, view, settingNames }: ClusterState): readonly FindingStatus[] {
  if (!lastPoll) return [{ verdict: 'unknown', text: 'not polled yet' }];
  if (lastPoll.failure) {
    const { message, remedy } = failureText(lastPoll.failure, settingNames);
    return [{ verdict: 'unknown', text: `the last poll failed: ${message}`, remedy }];
  }
  return view ? findingsOf(view.topology, view.partitions, view.missingBrokers) : [];
}

function failureStatus<Reason extends FailureReason>(
  failure: Failure<Reason> | undefined,
  names: SettingNames,
): FailureStatus<Reason> | undefined {
  return failure && { reason: failure.reason, ...failureText(failure, names) };
}

function pollStatus(
  { endedAt, httpStatus, failure }: LastPoll,
  names: SettingNames,
): NonNullable<ClusterStatus['lastPoll']> {
  return { endedAt: seconds(endedAt), ...omitUndefined({ httpStatus, failure: failureStatus(failure, names) }) };
}

function authenticationStatus(
  method: AuthenticationMethod,
  { up, failure, token }: AuthenticationState,
  names: SettingNames,
): AuthenticationStatus {
  return {
    method,
    ...omitUndefined({ up, failure: failureStatus(failure, names), token: token && tokenStatus(token) }),
  };
}

/** Selects the times one by one, so that no other field of a token is ever published. */
function tokenStatus({ obtainedAt, expiresAt, lifetime }: TokenTimes): NonNullable<AuthenticationStatus['token']> {
  return {
    obtainedAt: seconds(obtainedAt),
    ...omitUndefined({ expiresAt: optionalSeconds(expiresAt), lifetime: optionalSeconds(lifetime) }),
  };
}

function topologyStatus({ topology, partitions, missingBrokers }: ClusterView): TopologyStatus {
  return {
    ...topology,
    brokers: topology.brokers.map(({ replicas, ...broker }) => ({ ...broker, replicas: replicas.map(replicaStatus) })),
    missingBrokers,
    partitions: partitions.map(({ id, leaders, replicas, healthyReplicas }) => ({
      id,
      leaders,
      replicas,
      healthyReplicas,
    })),
  };
}

function replicaStatus({ partition, role, health, state }: Replica): ReplicaStatus {
  return state ? [partition, role, health, state] : [partition, role, health];
}

function seconds(milliseconds: number): number {
  return milliseconds / 1000;
}

function optionalSeconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : seconds(milliseconds);
}
