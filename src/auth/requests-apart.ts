import type { Clock } from '../clock.ts';
import type { TokenCache } from './token-cache.ts';
import { createBackOff, type Pause } from './token-pauses.ts';
import type { TokenRequestLimiter } from './token-request-limiter.ts';

/** Token requests apart from the polls of a cluster, on which they have no effect. */
export interface RequestsApart extends Pick<TokenRequestLimiter, 'schedule'> {
  /** Returns the pause in which no token is to be requested: after a failed request, of a poll or apart from polls. */
  readonly pause: () => Pause | undefined;
}

export interface RequestsApartOptions {
  /** That of the polls with the same credentials. */
  readonly cache: Pick<TokenCache, 'age' | 'backOff'>;
  readonly limiter: TokenRequestLimiter;
  readonly clock: Clock;
}

/**
 * Requests take their turn among those of the polls. After a failed one there is a pause, as for polls, which ends when
 * a poll obtains a token. There is none after the cluster has refused a token: another one shows why.
 */
export function createRequestsApart({ cache, limiter, clock }: RequestsApartOptions): RequestsApart {
  const backOff = createBackOff(clock, Math.random);
  let failedAt = Number.NEGATIVE_INFINITY;
  const hasPollObtainedToken = () => cache.age() <= clock.monotonic() - failedAt;
  return {
    pause: () => cache.backOff.current() ?? (hasPollObtainedToken() ? undefined : backOff.current()),
    schedule: async (...request) => {
      const answer = await limiter.schedule(...request);
      if (answer?.ok) backOff.obtained();
      if (answer?.ok === false) {
        if (hasPollObtainedToken()) backOff.obtained();
        backOff.failed(answer);
        failedAt = clock.monotonic();
      }
      return answer;
    },
  };
}
