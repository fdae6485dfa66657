import { type ClusterTokens, createClusterTokens } from '../../src/auth/cluster-tokens.ts';
import { createTokenCache, type TokenCache } from '../../src/auth/token-cache.ts';
import type { TokenEndpoint } from '../../src/auth/token-endpoint.ts';
import { type TokenRequestLimiter, unlimited } from '../../src/auth/token-request-limiter.ts';
import { systemClock } from '../../src/clock.ts';

interface Timing {
  readonly pollInterval?: number;
  readonly pollTimeout?: number;
}

interface Given {
  readonly endpoint: TokenEndpoint;
  readonly random?: () => number;
  readonly limiter?: TokenRequestLimiter;
}

export function tokenCache({ endpoint, limiter = unlimited, random = () => 1 }: Given): TokenCache {
  return createTokenCache({ endpoint, limiter, clock: systemClock, random });
}

/** The tokens of a cluster that is polled every 15 s for at most 10 s, from a cache that others may share. */
export function tokensIn(
  cache: TokenCache,
  { pollInterval = 15_000, pollTimeout = 10_000 }: Timing = {},
): ClusterTokens {
  return createClusterTokens({ cache, pollInterval, pollTimeout, clock: systemClock });
}

/** The tokens of such a cluster, from a cache of its own. */
export function clusterTokens(given: Given & Timing): ClusterTokens {
  return tokensIn(tokenCache(given), given);
}
