import { type ClusterTokens, createClusterTokens } from '../../src/auth/cluster-tokens.ts';
import { createTokenCache, type TokenCache } from '../../src/auth/token-cache.ts';
import type { TokenEndpoint } from '../../src/auth/token-endpoint.ts';
import { type TokenRequestLimiter, unlimited } from '../../src/auth/token-request-limiter.ts';
import { systemClock } from '../../src/clock.ts';

interface Given {
  readonly endpoint: TokenEndpoint;
  readonly pollInterval?: number;
  readonly pollTimeout?: number;
  readonly random?: () => number;
  readonly limiter?: TokenRequestLimiter;
  /** That of other clusters, too. */
  readonly cache?: TokenCache;
}

export function tokenCache({ limiter = unlimited, random = () => 1 }: Omit<Given, 'endpoint'> = {}): TokenCache {
  return createTokenCache({ limiter, clock: systemClock, random });
}

/** The tokens of a cluster that is polled every 15 s for at most 10 s, from a cache of its own by default. */
export function clusterTokens(given: Given): ClusterTokens {
  const { cache = tokenCache(given), endpoint, pollInterval = 15_000, pollTimeout = 10_000 } = given;
  return createClusterTokens({ cache, endpoint, pollInterval, pollTimeout, clock: systemClock });
}
