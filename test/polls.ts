import type { ClusterConfig } from '../src/config/config.ts';
import type { AuthFailureReason, Failure, FailureReason, PollFailureReason } from '../src/failure.ts';
import type { PollResult } from '../src/poll/poll.ts';
import { type ClusterState, initialState, nextState } from '../src/poll/state.ts';
import type { Topology } from '../src/zeebe/topology.ts';
import { fileNames, told } from './failure-texts.ts';

export function clusterConfig(config: Partial<ClusterConfig> = {}): ClusterConfig {
  return {
    name: 'production',
    address: new URL('http://127.0.0.1:8080/'),
    labels: {},
    meta: { provider: 'file' },
    apiVersion: 'v1',
    pollInterval: 15_000,
    pollTimeout: 10_000,
    probeMinInterval: 0,
    authentication: { method: 'none' },
    transport: { tls: { insecureSkipVerify: false }, enableHttp2: false },
    headers: {},
    settingNames: fileNames,
    ...config,
  };
}

export const endOfPoll = Date.UTC(2026, 0, 1);

export function succeeded(topology: Topology, result: Partial<PollResult> = {}): PollResult {
  return {
    endedAt: endOfPoll,
    seconds: 0.02,
    httpStatus: 200,
    outcome: { ok: true, topology },
    authentication: { up: true, tokenRequests: [] },
    certificates: {},
    ...result,
  };
}

export function failure<Reason extends FailureReason>(reason: Reason, cause = `what ${reason} is`): Failure<Reason> {
  return { reason, problem: { kind: 'unanswered', reason: 'other', code: '', cause, isPastDeadline: false } };
}

/** The remedy for these failures. */
export const { remedy } = told(failure('other'));

/** A failure before the cluster answered. */
export function failed(reason: PollFailureReason, result: Partial<PollResult> = {}): PollResult {
  return {
    endedAt: endOfPoll,
    seconds: 10,
    outcome: { ok: false, failure: failure(reason) },
    authentication: { tokenRequests: [] },
    certificates: {},
    ...result,
  };
}

/** Returns a poll that failed with an authentication failure after a 401. */
export function unauthenticated(reason: AuthFailureReason, result: Partial<PollResult> = {}): PollResult {
  return failed('auth', {
    outcome: { ok: false, failure: { ...failure(reason), reason: 'auth' } },
    authentication: { up: false, failure: failure(reason), tokenRequests: [] },
    httpStatus: 401,
    seconds: 0.01,
    ...result,
  });
}

export function stateAfter(results: readonly PollResult[], config: Partial<ClusterConfig> = {}): ClusterState {
  return results.reduce(nextState, initialState(clusterConfig(config)));
}
