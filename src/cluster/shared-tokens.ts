import { type ClusterTokens, createClusterTokens } from '../auth/cluster-tokens.ts';
import { createRequestsApart, type RequestsApart } from '../auth/requests-apart.ts';
import { createTokenCache, type KeptToken, type TokenCache } from '../auth/token-cache.ts';
import {
  type AdjustableLimiter,
  createTokenRequestLimiter,
  type TokenRequestLimiter,
} from '../auth/token-request-limiter.ts';
import type { Clock } from '../clock.ts';
import { type ClusterConfig, identityProviderOf, type OAuth2Config } from '../config/config.ts';
import { equal } from '../config/equal.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { connectToIdentityProvider, type TokenConnection } from './token-connection.ts';

/**
 * The tokens of all clusters. Clusters whose token requests are equal share a cache, and all requests to one identity
 * provider share a limit. Both last as long as a cluster uses them.
 */
export interface SharedTokens {
  readonly join: (user: TokenUser) => JoinedTokens;
}

/** A cluster that needs tokens. */
export interface TokenUser extends Pick<ClusterConfig, 'pollInterval' | 'pollTimeout'> {
  readonly oauth2: OAuth2Config;
  /** From the cache that the cluster used with other credentials. */
  readonly kept?: KeptToken | undefined;
}

export interface JoinedTokens {
  readonly tokens: ClusterTokens;
  readonly requestsApart: RequestsApart;
  /** As in `PolledConnection`. */
  readonly certificates: TokenConnection['certificates'];
  readonly leave: () => Promise<void>;
}

export function createSharedTokens(clock: Clock): SharedTokens {
  const caches = createSharedCaches(clock);
  const limits = createSharedLimits(clock);
  return {
    join: ({ oauth2, pollInterval, pollTimeout, kept }) => {
      const limit = limits.join(oauth2);
      const { cache, requestsApart, certificates, leave } = caches.join(oauth2, limit.limiter);
      if (kept) cache.keep(kept);
      return {
        tokens: createClusterTokens({ cache, pollInterval, pollTimeout, clock }),
        requestsApart,
        certificates,
        leave: async () => {
          limit.leave();
          leave();
        },
      };
    },
  };
}

/**
 * Whether two clusters can use the same token: all that is sent to the identity provider is equal, and the way there.
 */
export function haveEqualTokenRequests(one: OAuth2Config, other: OAuth2Config): boolean {
  return equal(requestOf(one), requestOf(other));
}

function requestOf({ tokenRequestsPerSecond: _, ...request }: OAuth2Config): Partial<OAuth2Config> {
  return request;
}

interface SharedCache {
  readonly oauth2: OAuth2Config;
  readonly cache: TokenCache;
  readonly requestsApart: RequestsApart;
  readonly certificates: TokenConnection['certificates'];
  users: number;
}

interface SharedCaches {
  readonly join: (
    oauth2: OAuth2Config,
    limiter: TokenRequestLimiter,
  ) => Pick<SharedCache, 'cache' | 'requestsApart' | 'certificates'> & { readonly leave: () => void };
}

function createSharedCaches(clock: Clock): SharedCaches {
  /** By client id, so that a cluster is not compared with all others. */
  const byClient = new Map<string, readonly SharedCache[]>();

  const sharedBy = (oauth2: OAuth2Config) =>
    byClient.get(oauth2.clientId)?.find((shared) => haveEqualTokenRequests(shared.oauth2, oauth2));

  const share = (oauth2: OAuth2Config, limiter: TokenRequestLimiter): SharedCache => {
    const { endpoint, certificates } = connectToIdentityProvider(oauth2, clock);
    const cache = createTokenCache({ endpoint, limiter, clock, random: Math.random });
    const requestsApart = createRequestsApart({ cache, limiter, clock });
    const created = { oauth2, cache, requestsApart, certificates, users: 0 };
    byClient.set(oauth2.clientId, [...(byClient.get(oauth2.clientId) ?? []), created]);
    return created;
  };

  const remove = (shared: SharedCache) => {
    const { clientId } = shared.oauth2;
    const others = (byClient.get(clientId) ?? []).filter((other) => other !== shared);
    if (others.length > 0) byClient.set(clientId, others);
    else byClient.delete(clientId);
    shared.cache.close();
  };

  return {
    join: (oauth2, limiter) => {
      const shared = sharedBy(oauth2) ?? share(oauth2, limiter);
      const { cache, requestsApart, certificates } = shared;
      shared.users++;
      return {
        cache,
        requestsApart,
        certificates,
        leave: () => {
          shared.users--;
          if (shared.users === 0) remove(shared);
        },
      };
    },
  };
}

interface SharedLimit {
  readonly limiter: AdjustableLimiter;
  /** What each cluster has set. */
  readonly users: Set<Pick<OAuth2Config, 'tokenRequestsPerSecond'>>;
  readonly ended: AbortController;
}

interface SharedLimits {
  readonly join: (oauth2: OAuth2Config) => Pick<SharedLimit, 'limiter'> & { readonly leave: () => void };
}

export function createSharedLimits(clock: Clock): SharedLimits {
  const byProvider = new Map<string, SharedLimit>();

  const create = (): SharedLimit => {
    const users: SharedLimit['users'] = new Set();
    const ended = new AbortController();
    /** Milliseconds between two requests: the longest that a cluster asks for. */
    const interval = () =>
      Math.max(0, ...[...users].map(({ tokenRequestsPerSecond: rate }) => (rate === undefined ? 0 : 1_000 / rate)));
    return { limiter: createTokenRequestLimiter(interval, ended.signal, clock), users, ended };
  };

  return {
    join: ({ endpoint, tokenRequestsPerSecond }) => {
      const provider = identityProviderOf(endpoint);
      const shared = byProvider.get(provider) ?? create();
      byProvider.set(provider, shared);
      const user = omitUndefined({ tokenRequestsPerSecond });
      shared.users.add(user);
      shared.limiter.intervalChanged();
      return {
        limiter: shared.limiter,
        leave: () => {
          shared.users.delete(user);
          if (shared.users.size > 0) return shared.limiter.intervalChanged();
          byProvider.delete(provider);
          shared.ended.abort();
        },
      };
    },
  };
}
