import { type Clock, sleep, withDeadline } from '../clock.ts';
import type { AuthFailureReason, Failure } from '../failure.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { singleFlight } from './single-flight.ts';
import { isAlive, type Token, type TokenTimes, timesOf } from './token.ts';
import type { TokenAnswer, TokenEndpoint, TokenRequest } from './token-endpoint.ts';
import { type BackOff, createBackOff } from './token-pauses.ts';
import { noTurn, type TokenRequestLimiter } from './token-request-limiter.ts';

export interface TokenCacheOptions {
  readonly endpoint: TokenEndpoint;
  readonly limiter: TokenRequestLimiter;
  readonly clock: Clock;
  /** Returns a number from 0 to 1, as `Math.random`. */
  readonly random: () => number;
}

/** What outlives the credentials that a token was requested with. Back-off and cool-down do not. */
export interface KeptToken {
  readonly token?: Token;
  /** Monotonic, in milliseconds. */
  readonly lastRequestAt: number;
}

/** A token, or the reason why there is none; both if a renewal failed while the old token is still valid. */
export interface Acquired {
  readonly token?: Token;
  readonly failure?: Failure<AuthFailureReason>;
  /** Whether a token was requested, by this poll or by another one that this poll waited with. */
  readonly requested: boolean;
  /** Present for one of the polls that waited for the same request. */
  readonly request?: TokenRequest;
}

/** How one poll renews the token. */
export interface Renewal {
  /** Milliseconds that the request may take after it was sent, if this poll starts it. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** The one token of a client, and the requests for it. Shared by all clusters whose token requests are equal. */
export interface TokenCache {
  /** Returns the token unless it has expired. */
  readonly usable: () => Token | undefined;
  /** Milliseconds since the last token was obtained; infinite for one that was kept. */
  readonly age: () => number;
  /**
   * Requests another token, or joins the request under way. A request that waits for its turn goes on waiting when the
   * poll ends, and is sent without one.
   */
  readonly renew: (renewal: Renewal) => Promise<Acquired>;
  /** Returns the requests that no poll has waited for, each of them once. */
  readonly takeUnclaimed: () => readonly TokenRequest[];
  readonly backOff: Pick<BackOff, 'current' | 'last'>;
  /** Returns the times of the last token obtained, in use or not. */
  readonly times: () => TokenTimes | undefined;
  readonly kept: () => KeptToken;
  /** Takes over what another cache kept. A token of its own that is still valid stays in use. */
  readonly keep: (kept: KeptToken) => void;
  /** Ends the request that is under way. */
  readonly close: () => void;
}

export function createTokenCache(options: TokenCacheOptions): TokenCache {
  const { clock, random } = options;
  const backOff = createBackOff(clock, random);
  const requests = createRequests(options, (answer) => {
    if (!answer.ok) return backOff.failed(answer);
    use(answer.token);
    obtainedAt = clock.monotonic();
    backOff.obtained();
  });
  let token: Token | undefined;
  let lastTimes: TokenTimes | undefined;
  let obtainedAt = Number.NEGATIVE_INFINITY;

  const usable = () => (token && isAlive(token, clock.now()) ? token : undefined);
  const use = (next: Token) => {
    token = next;
    lastTimes = timesOf(next);
  };

  return {
    usable,
    age: () => clock.monotonic() - obtainedAt,
    renew: async (renewal) => {
      const joined = await requests.join(renewal);
      const answer = joined?.value;
      if (!answer) {
        return requests.isDetached() ? having(usable(), noTurn) : { ...having(usable(), gaveUp), requested: true };
      }
      return {
        ...(answer.ok ? having(answer.token) : having(usable(), answer.failure)),
        requested: true,
        ...omitUndefined({ request: joined?.first ? answer.request : undefined }),
      };
    },
    takeUnclaimed: requests.takeUnclaimed,
    backOff,
    times: () => lastTimes,
    kept: () => ({ lastRequestAt: requests.lastAt(), ...omitUndefined({ token }) }),
    keep: (kept) => {
      requests.sentAt(kept.lastRequestAt);
      if (kept.token && !usable()) use(kept.token);
    },
    close: requests.close,
  };
}

export function having(token: Token | undefined, failure?: Failure<AuthFailureReason>): Acquired {
  return { requested: false, ...omitUndefined({ token, failure }) };
}

const gaveUp: Failure<AuthFailureReason> = {
  reason: 'token_endpoint_unreachable',
  problem: { kind: 'joined_token_request_unfinished' },
};

/** Milliseconds between two requests to the endpoint, also where nothing else delays the second one. */
const minBetweenRequests = 1_000;

/** The requests of one cache, one at a time. Times are monotonic. */
interface TokenRequests extends Pick<TokenCache, 'takeUnclaimed' | 'close'> {
  /** Sends a request, or joins the one under way. Resolves to undefined if the signal aborts before the answer. */
  readonly join: (
    renewal: Renewal,
  ) => Promise<{ readonly value: TokenAnswer | undefined; readonly first: boolean } | undefined>;
  /** Whether the request goes on without a poll: it waits for its turn, or its turn came late in the poll. */
  readonly isDetached: () => boolean;
  readonly lastAt: () => number;
  /** Records a request that another cache has sent. */
  readonly sentAt: (at: number) => void;
}

/** Tells whether the signal has aborted for another reason than a deadline. */
function wasStopped({ aborted, reason }: AbortSignal): boolean {
  return aborted && !(reason instanceof DOMException && reason.name === 'TimeoutError');
}

function createRequests(
  { endpoint, limiter, clock }: Omit<TokenCacheOptions, 'random'>,
  answered: (answer: TokenAnswer) => void,
): TokenRequests {
  const closed = new AbortController();
  let lastAt = Number.NEGATIVE_INFINITY;
  let unclaimed: readonly TokenRequest[] = [];
  /** Until when the request goes on without a poll. */
  let detachedUntil = Number.NEGATIVE_INFINITY;

  const isDetached = () => clock.monotonic() < detachedUntil;
  const request = singleFlight(
    async (signal, timeout: number) => {
      const ended = AbortSignal.any([signal, closed.signal]);
      const isLimited = limiter.isLimited();
      detachedUntil = isLimited ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
      await sleep(lastAt + minBetweenRequests - clock.monotonic(), ended);
      const answer = await limiter.schedule(() => {
        lastAt = clock.monotonic();
        detachedUntil = isLimited ? lastAt + timeout / 4 : Number.NEGATIVE_INFINITY;
        return withDeadline(timeout, ended, (deadline) => endpoint(deadline, timeout));
      }, ended);
      // A request that a stopped cluster ends says nothing about the endpoint, and other clusters may need the token.
      if (answer && (answer.ok || !wasStopped(ended))) answered(answer);
      return answer;
    },
    {
      isDetached,
      unclaimed: (answer) => {
        if (answer?.request) unclaimed = [...unclaimed, answer.request];
      },
    },
  );

  return {
    join: ({ timeout, signal }) => request(signal, timeout),
    isDetached,
    takeUnclaimed: () => {
      const taken = unclaimed;
      unclaimed = [];
      return taken;
    },
    lastAt: () => lastAt,
    sentAt: (at) => {
      lastAt = Math.max(lastAt, at);
    },
    close: () => closed.abort(),
  };
}
