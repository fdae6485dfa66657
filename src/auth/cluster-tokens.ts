import { type Clock, withDeadline } from '../clock.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { isDue, type Token } from './token.ts';
import { type Acquired, having, type KeptToken, type TokenCache } from './token-cache.ts';
import { type CoolDown, coolDownAfterRefusal, createCoolDown } from './token-pauses.ts';

export interface ClusterTokensOptions {
  /** Shared with the other clusters whose token requests are equal. */
  readonly cache: TokenCache;
  /** Milliseconds. A token should last until the next poll has ended. */
  readonly pollInterval: number;
  readonly pollTimeout: number;
  readonly clock: Clock;
}

/** The token as one cluster uses it: renewed before it expires, replaced when the cluster refuses it. */
export interface ClusterTokens
  extends Pick<CoolDown, 'accepted' | 'refused'>,
    Pick<TokenCache, 'times' | 'takeUnclaimed'> {
  /** Returns the token to use now, renewed if it is due. */
  readonly acquire: (signal: AbortSignal) => Promise<Acquired>;
  /**
   * Returns another token for one that the cluster refused, or why none is requested now. Does not use that one again.
   */
  readonly replace: (refused: Token, signal: AbortSignal) => Promise<Acquired>;
  /** Returns another token for one that may still be valid, which stays in use if there is no other. */
  readonly tryAnother: (doubtful: Token, signal: AbortSignal) => Promise<Acquired>;
  /**
   * Whether the cluster would refuse another token, too, if it refuses this one: a poll of another cluster has just
   * obtained it. Without this, each of many clusters that refuse the tokens would request another one for all of them.
   */
  readonly isNew: (token: Token) => boolean;
  readonly kept: () => KeptToken;
}

export function createClusterTokens(options: ClusterTokensOptions): ClusterTokens {
  const { cache, pollInterval, pollTimeout, clock } = options;
  const { usable, renew, evict, isOwn, kept } = createView(options);
  const coolDown = createCoolDown(clock);
  /** After a failed request, or after the cluster refused a new token. */
  const pause = () => cache.backOff.current() ?? coolDown.current();

  const anotherThan = async (old: Token, signal: AbortSignal, beforeRequest: () => void): Promise<Acquired> => {
    const current = usable();
    if (current && current !== old) return having(current);
    const paused = pause();
    if (paused) return having(undefined, paused.failure);
    beforeRequest();
    return renew(signal);
  };

  return {
    acquire: async (signal) => {
      const current = usable();
      if (current && !isDue(current, clock.now(), pollInterval, pollTimeout)) return having(current);
      const paused = pause();
      // A renewal that gets no answer leaves half of the poll's time for the cluster, as the old token is still valid.
      if (!paused) return current ? unlessWaiting(await withDeadline(pollTimeout / 2, signal, renew)) : renew(signal);
      // A cool-down is no reason against sending a valid token to the cluster again.
      return having(current, current ? cache.backOff.last()?.failure : paused.failure);
    },
    replace: (refused, signal) => anotherThan(refused, signal, () => evict(refused)),
    tryAnother: (doubtful, signal) => anotherThan(doubtful, signal, () => {}),
    isNew: (token) => token === cache.usable() && !isOwn(token) && cache.age() < coolDownAfterRefusal.first,
    accepted: coolDown.accepted,
    refused: coolDown.refused,
    times: cache.times,
    takeUnclaimed: cache.takeUnclaimed,
    kept,
  };
}

/** A request that waits for its turn is no failure while the old token is valid. */
function unlessWaiting(acquired: Acquired): Acquired {
  const { failure, ...others } = acquired;
  return others.token && failure?.problem.kind === 'token_request_waits' ? others : acquired;
}

/** The shared token as one cluster sees it: a token that it refused is not there, although others may use it. */
interface View extends Pick<ClusterTokens, 'kept'> {
  readonly usable: TokenCache['usable'];
  readonly renew: (signal: AbortSignal) => Promise<Acquired>;
  readonly evict: (token: Token) => void;
  /** Whether it is the last token that a poll of this cluster requested. */
  readonly isOwn: (token: Token) => boolean;
}

function createView({ cache, pollTimeout }: ClusterTokensOptions): View {
  let evicted: Token | undefined;
  let own: Token | undefined;
  const unlessEvicted = (token: Token | undefined) => omitUndefined({ token: token === evicted ? undefined : token });
  return {
    usable: () => unlessEvicted(cache.usable()).token,
    renew: async (signal) => {
      const { token, ...acquired } = await cache.renew({ timeout: pollTimeout, signal });
      if (acquired.requested && !acquired.failure) own = token;
      return { ...acquired, ...unlessEvicted(token) };
    },
    evict: (token) => {
      evicted = token;
    },
    isOwn: (token) => token === own,
    kept: () => {
      const { token, ...others } = cache.kept();
      return { ...others, ...unlessEvicted(token) };
    },
  };
}
