import type { TokenTimes } from '../auth/token.ts';
import type { AuthenticationMethod, ExternalLink, SettingNames } from '../config/config.ts';
import type { StaticLabels } from '../config/labels.ts';
import type { AuthFailureReason, Failure, FailureReason, PollFailureReason } from '../failure.ts';
import { failureText } from '../failure-text.ts';
import { omitUndefined } from '../omit-undefined.ts';
import type { ClusterHistory } from '../poll/events.ts';
import { type ExceededLimit, exceededText } from '../poll/series-limit.ts';
import type { AuthenticationState, ClusterState, LastPoll } from '../poll/state.ts';
import { type Finding, type FindingKind, findingsOf } from '../zeebe/findings.ts';
import { hasProblem } from '../zeebe/partitions.ts';
import type { Verdict } from '../zeebe/verdict.ts';
import type { ClusterView } from '../zeebe/view.ts';
import { optionalSeconds, seconds } from './seconds.ts';

/** What a list of many clusters needs of each. */
export interface ClusterSummary {
  readonly name: string;
  /** As configured. Absent if there are none. */
  readonly labels?: StaticLabels;
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
  /** Absent unless the last poll succeeded. */
  readonly brokerCount?: { readonly listed: number; readonly expected?: number };
  /** Of all physical tenants. Absent unless the last poll succeeded. */
  readonly partitionCount?: { readonly total: number; readonly withoutProblem: number };
  /** Present while the series of brokers, partitions and replicas exceed a limit, so that none of them is exposed. */
  readonly seriesLimited?: SeriesLimitedStatus;
  /** Those of `web.external_links`. */
  readonly links: readonly LinkStatus[];
}

/** A cluster is pending until its first poll has ended. */
export type CountedStatus = Verdict | 'pending';

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

export function statusOf({ lastPoll, verdict }: Pick<ClusterState, 'lastPoll' | 'verdict'>): CountedStatus {
  return lastPoll ? verdict : 'pending';
}

export function clusterSummary(
  state: ClusterState,
  { verdictSince }: ClusterHistory,
  links: readonly ExternalLink[],
): ClusterSummary {
  const { name, labels, method, verdict, lastPoll, lastSuccessAt, view, settingNames } = state;
  return {
    name,
    verdict,
    findings: findingsNow(state),
    pollInterval: seconds(state.pollInterval),
    authentication: authenticationStatus(method, state.authentication, settingNames),
    ...omitUndefined({
      labels: Object.keys(labels).length > 0 ? labels : undefined,
      verdictSince: optionalSeconds(verdictSince),
      lastPoll: lastPoll && pollStatus(lastPoll, settingNames),
      lastSuccessAt: optionalSeconds(lastSuccessAt),
      brokerCount: view && brokerCount(view),
      partitionCount: view && partitionCount(view),
      seriesLimited: seriesLimitedStatus(state),
    }),
    links: links.map((link) => linkTo(name, link)),
  };
}

function brokerCount({ topology }: ClusterView): NonNullable<ClusterSummary['brokerCount']> {
  return { listed: topology.brokers.length, ...omitUndefined({ expected: topology.clusterSize }) };
}

function partitionCount({ topology, groups }: ClusterView): NonNullable<ClusterSummary['partitionCount']> {
  const problems = groups.flatMap(({ partitions, replicationFactor }) =>
    partitions.map(hasProblem({ replicationFactor, clusterSize: topology.clusterSize })),
  );
  return { total: problems.length, withoutProblem: problems.filter((each) => !each).length };
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
): NonNullable<ClusterSummary['lastPoll']> {
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
