import type { TokenTimes } from '../auth/token.ts';
import type { AuthenticationMethod, ExternalLink, SettingNames } from '../config/config.ts';
import type { AuthFailureReason, Failure, FailureReason, PollFailureReason } from '../failure.ts';
import { failureText } from '../failure-text.ts';
import { omitUndefined } from '../omit-undefined.ts';
import type { ClusterEvent, ClusterHistory } from '../poll/events.ts';
import type { LeaderTimeline } from '../poll/leader-timeline.ts';
import { type ExceededLimit, exceededText } from '../poll/series-limit.ts';
import type { AuthenticationState, ClusterState, LastPoll } from '../poll/state.ts';
import { type Finding, type FindingKind, findingsOf } from '../zeebe/findings.ts';
import type { Partition } from '../zeebe/partitions.ts';
import type { Broker, Replica, ReplicaHealth, ReplicaState, Role, Topology } from '../zeebe/topology.ts';
import type { Verdict } from '../zeebe/verdict.ts';
import type { ClusterView, GroupView } from '../zeebe/view.ts';

/** The response to `GET /api/v1/clusters` (docs/api.md). Times are in Unix seconds; unknown values are absent. */
export interface StatusDocument {
  readonly apiVersion: 1;
  readonly now: number;
  readonly exporter: ExporterStatus;
  readonly clusters: readonly ClusterStatus[];
}

export interface ExporterStatus {
  readonly version: string;
  readonly startedAt: number;
  /** Absent without leader election. A standby has no clusters. */
  readonly role?: 'leader' | 'standby';
}

export interface ClusterStatus {
  readonly name: string;
  readonly verdict: Verdict;
  readonly verdictSince?: number;
  /** The worst first. Empty only if the verdict is healthy. */
  readonly findings: readonly FindingStatus[];
  /** Seconds. 0: only requests for /probe lead to polls. */
  readonly pollInterval: number;
  readonly lastPoll?: {
    readonly endedAt: number;
    readonly httpStatus?: number;
    readonly failure?: FailureStatus<PollFailureReason>;
  };
  readonly lastSuccessAt?: number;
  readonly authentication: AuthenticationStatus;
  readonly topology?: TopologyStatus;
  /** Present while the series of brokers, partitions and replicas exceed a limit, so that none of them is exposed. */
  readonly seriesLimited?: SeriesLimitedStatus;
  /** Newest first. */
  readonly events: readonly ClusterEvent[];
  /** Absent until a topology is known. */
  readonly leaderTimeline?: LeaderTimeline;
  /** Those of `web.external_links`. */
  readonly links: readonly LinkStatus[];
}

export interface SeriesLimitedStatus extends ExceededLimit {
  readonly series: number;
  readonly message: string;
  readonly remedy: string;
}

export interface LinkStatus {
  readonly name: string;
  readonly url: string;
}

export interface FailureStatus<Reason extends FailureReason> {
  readonly reason: Reason;
  readonly message: string;
  readonly remedy: string;
}

export interface FindingStatus extends Omit<Finding, 'kind'> {
  readonly kind: FindingKind | 'not_polled' | 'poll_failed';
  /** What to do about it, if known. */
  readonly remedy?: string;
}

export interface AuthenticationStatus {
  readonly method: AuthenticationMethod;
  readonly up?: boolean;
  readonly failure?: FailureStatus<AuthFailureReason>;
  readonly token?: { readonly obtainedAt: number; readonly expiresAt?: number; readonly lifetime?: number };
}

/** The sizes, partitions and replicas are those of the only partition group; see `physicalTenants` for several. */
export interface TopologyStatus extends Omit<Topology, 'brokers' | 'groups'>, GroupSizes {
  readonly brokers: readonly BrokerStatus[];
  readonly missingBrokers: readonly string[];
  readonly partitions: readonly PartitionStatus[];
  /** Present if all physical tenants are polled. Partitions and replicas are listed here alone, not above. */
  readonly physicalTenants?: readonly PhysicalTenantStatus[];
}

type GroupSizes = Pick<GroupView, 'partitionsCount' | 'replicationFactor' | 'lastCompletedChangeId'>;

export interface PhysicalTenantStatus extends GroupSizes {
  readonly id: string;
  readonly verdict: Verdict;
  /** Those that the tenant lists. */
  readonly brokers: readonly { readonly id: string; readonly replicas: readonly ReplicaStatus[] }[];
  readonly partitions: readonly PartitionStatus[];
}

export interface BrokerStatus extends Broker {
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

export function clusterStatus(
  state: ClusterState,
  history: ClusterHistory,
  links: readonly ExternalLink[],
): ClusterStatus {
  const { name, method, verdict, lastPoll, lastSuccessAt, view } = state;
  const { verdictSince, events, leaderTimeline } = history;
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
      seriesLimited: seriesLimitedStatus(state),
    }),
    events: events.map(inSeconds),
    ...omitUndefined({ leaderTimeline: leaderTimeline && timelineStatus(leaderTimeline) }),
    links: links.map((link) => linkTo(name, link)),
  };
}

function seriesLimitedStatus({ seriesLimit }: ClusterState): SeriesLimitedStatus | undefined {
  if (!seriesLimit?.exceeded) return undefined;
  const { series, exceeded } = seriesLimit;
  const remedy = `raise ${exceeded.setting} if Prometheus has room for more series`;
  return { ...exceeded, series, message: exceededText(series, exceeded), remedy };
}

function linkTo(cluster: string, { name, template }: ExternalLink): LinkStatus {
  return { name, url: template.replaceAll('{cluster}', () => encodeURIComponent(cluster)) };
}

function timelineStatus({ since, changes }: LeaderTimeline): LeaderTimeline {
  return { since: seconds(since), changes: changes.map(inSeconds) };
}

function inSeconds<T extends { readonly at: number }>(happening: T): T {
  return { ...happening, at: seconds(happening.at) };
}

function findingsNow({ lastPoll, view, settingNames, pollInterval }: ClusterState): readonly FindingStatus[] {
  if (!lastPoll) {
    return [{ verdict: 'unknown', kind: 'not_polled', text: pollInterval === 0 ? 'not probed yet' : 'not polled yet' }];
  }
  if (lastPoll.failure) {
    const { message, remedy } = failureText(lastPoll.failure, settingNames);
    return [{ verdict: 'unknown', kind: 'poll_failed', text: `the last poll failed: ${message}`, remedy }];
  }
  return view ? findingsOf(view) : [];
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

function topologyStatus({ topology, groups, missingBrokers }: ClusterView): TopologyStatus {
  const { clusterSize, gatewayVersion, clusterId, brokers } = topology;
  const [only] = groups.filter(({ tenant }) => tenant === undefined);
  const replicas = new Map(only?.brokers.map(({ id, replicas }) => [id, replicas.map(replicaStatus)]));
  const { partitionsCount, replicationFactor, lastCompletedChangeId } = only ?? {};
  return {
    ...omitUndefined({
      clusterSize,
      partitionsCount,
      replicationFactor,
      gatewayVersion,
      clusterId,
      lastCompletedChangeId,
    }),
    brokers: brokers.map((broker) => ({ ...broker, replicas: replicas.get(broker.id) ?? [] })),
    missingBrokers,
    partitions: only?.partitions.map(partitionStatus) ?? [],
    ...(!only && { physicalTenants: groups.flatMap(physicalTenantStatus) }),
  };
}

function physicalTenantStatus(group: GroupView): readonly PhysicalTenantStatus[] {
  const { tenant, verdict, partitionsCount, replicationFactor, lastCompletedChangeId, brokers, partitions } = group;
  if (tenant === undefined) return [];
  return [
    {
      id: tenant,
      verdict,
      ...omitUndefined({ partitionsCount, replicationFactor, lastCompletedChangeId }),
      brokers: brokers.map(({ id, replicas }) => ({ id, replicas: replicas.map(replicaStatus) })),
      partitions: partitions.map(partitionStatus),
    },
  ];
}

function partitionStatus({ id, leaders, replicas, healthyReplicas }: Partition): PartitionStatus {
  return { id, leaders, replicas, healthyReplicas };
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
