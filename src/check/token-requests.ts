import type { RequestsApart } from '../auth/requests-apart.ts';
import type { TokenAnswer, TokenRefusal } from '../auth/token-endpoint.ts';
import { noTurn } from '../auth/token-request-limiter.ts';
import { type Clock, withDeadline } from '../clock.ts';
import { createSharedLimits } from '../cluster/shared-tokens.ts';
import type { ClusterConfig, OAuth2Config } from '../config/config.ts';
import type { AuthFailureReason, Failure } from '../failure.ts';
import type { Target } from './check-target.ts';

/** Why there is no token. */
export interface Refused extends Pick<TokenRefusal, 'ok' | 'retryAfter'> {
  readonly failure: Failure<AuthFailureReason>;
}

/** The outcome of an earlier request, as none is sent now. */
export interface StandingRefusal extends Refused {
  /** Milliseconds until another request may be sent. */
  readonly retryAfter: number;
  readonly isStanding: true;
}

/** Calls `send` when a token request may be sent. Resolves to a refusal if that is not so in time. Never rejects. */
export type RequestToken = (
  oauth2: OAuth2Config,
  send: () => Promise<TokenAnswer>,
) => Promise<TokenAnswer | StandingRefusal>;

const withoutTurn: TokenRefusal = { ok: false, failure: noTurn };

/** Token requests of a run that checks several clusters. */
export interface RunTokenRequests {
  readonly requestToken: RequestToken;
  readonly end: () => void;
}

/** Spaces the requests to an identity provider as the polls do. */
export function requestsOfRun(targets: readonly Target[], clock: Clock, signal: AbortSignal): RunTokenRequests {
  const limits = createSharedLimits(clock);
  const all = targets.map(({ config }) => config.authentication).filter((each) => each.method === 'oauth2');
  const joined = new Map(all.map((oauth2) => [oauth2, limits.join(oauth2)]));
  return {
    requestToken: async (oauth2, send) => (await joined.get(oauth2)?.limiter.schedule(send, signal)) ?? withoutTurn,
    end: () => {
      for (const { leave } of joined.values()) leave();
    },
  };
}

/** Requests tokens apart from the polls of a cluster: within their limit, and not in a pause. */
export function requestsOfReport(
  apart: RequestsApart | undefined,
  { pollTimeout }: ClusterConfig,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): RequestToken {
  return async (_, send) => {
    const pause = apart?.pause();
    if (pause) {
      return { ok: false, failure: pause.failure, retryAfter: pause.until - clock.monotonic(), isStanding: true };
    }
    return (await withDeadline(pollTimeout, signal, async (turn) => apart?.schedule(send, turn))) ?? withoutTurn;
  };
}
