import { type Clock, sleep, withDeadline } from '../clock.ts';
import type { AuthFailureReason, Failure } from '../failure.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { isAlive, isDue, type Token, type TokenTimes, timesOf } from './token.ts';
import type { TokenEndpoint, TokenRefusal, TokenRequest } from './token-endpoint.ts';

export interface TokenCacheOptions {
  readonly endpoint: TokenEndpoint;
  /** Milliseconds. A token should last until the next poll has ended. */
  readonly pollInterval: number;
  readonly pollTimeout: number;
  readonly clock: Clock;
  /** Returns a number from 0 to 1, as `Math.random`. */
  readonly random: () => number;
  /** What the cache before this one kept, if its credentials were replaced. */
  readonly kept?: KeptToken;
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

/** The one token of a cluster: cached, renewed before it expires, replaced when the cluster refuses it. */
export interface TokenCache {
  /** Returns the token to use now, renewed if it is due. */
  readonly acquire: (signal: AbortSignal) => Promise<Acquired>;
  /** Returns another token for one that the cluster refused, or why none is requested now. Does not use that one again. */
  readonly replace: (refused: Token, signal: AbortSignal) => Promise<Acquired>;
  /** Returns another token for one that may still be valid, which stays in use if there is no other. */
  readonly tryAnother: (doubtful: Token, signal: AbortSignal) => Promise<Acquired>;
  /** Ends the cool-down: the cluster accepted a token. */
  readonly accepted: () => void;
  /** Starts a cool-down: the cluster refused a token that was just issued, and would refuse another one, too. */
  readonly refused: (failure: Failure<AuthFailureReason>) => void;
  /** Returns the times of the last token obtained, in use or not. */
  readonly times: () => TokenTimes | undefined;
  readonly kept: () => KeptToken;
}

export function createTokenCache(options: TokenCacheOptions): TokenCache {
  const { pollInterval, pollTimeout, clock, random } = options;
  const pauses = createPauses(clock, random);
  const { usable, renew, evict, times, kept } = createHolder(options, pauses);

  const anotherThan = async (old: Token, signal: AbortSignal, beforeRequest: () => void): Promise<Acquired> => {
    const current = usable();
    if (current && current !== old) return having(current);
    const pause = pauses.current();
    if (pause) return having(undefined, pause.failure);
    beforeRequest();
    return renew(signal);
  };

  return {
    acquire: async (signal) => {
      const current = usable();
      if (current && !isDue(current, clock.now(), pollInterval, pollTimeout)) return having(current);
      const pause = pauses.current();
      // A renewal that gets no answer leaves half of the poll's time for the cluster, as the old token is still valid.
      if (!pause) return current ? withDeadline(pollTimeout / 2, signal, renew) : renew(signal);
      // A cool-down is no reason against sending a valid token to the cluster again.
      return having(current, current ? pauses.lastBackOff()?.failure : pause.failure);
    },
    replace: (refused, signal) => anotherThan(refused, signal, evict),
    tryAnother: (doubtful, signal) => anotherThan(doubtful, signal, () => {}),
    accepted: pauses.accepted,
    refused: pauses.refused,
    times,
    kept,
  };
}

function having(token: Token | undefined, failure?: Failure<AuthFailureReason>): Acquired {
  return { requested: false, ...omitUndefined({ token, failure }) };
}

/** Milliseconds between two requests to the endpoint, also where nothing else delays the second one. */
const minBetweenRequests = 1_000;

/** Holds the token, and requests another one. */
interface TokenHolder extends Pick<TokenCache, 'times' | 'kept'> {
  /** Returns the token unless it has expired. */
  readonly usable: () => Token | undefined;
  readonly renew: (signal: AbortSignal) => Promise<Acquired>;
  readonly evict: () => void;
}

function createHolder({ endpoint, clock, kept }: TokenCacheOptions, pauses: Pauses): TokenHolder {
  let token = kept?.token;
  let lastTimes = token && timesOf(token);
  let lastRequestAt = kept?.lastRequestAt ?? Number.NEGATIVE_INFINITY;

  const usable = () => (token && isAlive(token, clock.now()) ? token : undefined);

  const request = singleFlight(async (signal) => {
    await sleep(lastRequestAt + minBetweenRequests - clock.monotonic(), signal);
    lastRequestAt = clock.monotonic();
    const answer = await endpoint(signal);
    if (answer.ok) {
      token = answer.token;
      lastTimes = timesOf(token);
      pauses.obtained();
    } else {
      pauses.failed(answer);
    }
    return answer;
  });

  return {
    usable,
    renew: async (signal) => {
      const joined = await request(signal);
      if (!joined) return { ...having(usable(), gaveUp), requested: true };
      const { value: answer, first } = joined;
      return {
        ...(answer.ok ? having(answer.token) : having(usable(), answer.failure)),
        requested: true,
        ...omitUndefined({ request: first ? answer.request : undefined }),
      };
    },
    evict: () => {
      token = undefined;
    },
    times: () => lastTimes,
    kept: () => ({ lastRequestAt, ...omitUndefined({ token }) }),
  };
}

const gaveUp: Failure<AuthFailureReason> = {
  reason: 'token_endpoint_unreachable',
  problem: { kind: 'joined_token_request_unfinished' },
};

/** How long no token is requested: `first` milliseconds, doubled each time, at most `max`. */
interface PauseLengths {
  readonly first: number;
  readonly max: number;
}

/** After no answer, or an invalid one: the endpoint may be back at any moment, and one request a minute is no load. */
const unansweredBackOff: PauseLengths = { first: 5_000, max: 60_000 };
/**
 * After a refusal: another request changes nothing soon. Camunda's SaaS delays its answer by about 30 s for a client
 * that asks again after a 401 or beyond its rate limit, which looks like an endpoint that cannot be reached, and slows
 * down other clients behind the same address. Replacing the secret here ends the back-off at once.
 */
const refusedBackOff: PauseLengths = { first: 60_000, max: 5 * 60_000 };
/**
 * After the cluster has refused a token that was just issued: only the cluster or the token's claims can have changed
 * since, which the next token shows. That is noticed within a minute.
 */
const coolDownAfterRefusal: PauseLengths = { first: 30_000, max: 60_000 };

const refusals: ReadonlySet<AuthFailureReason> = new Set([
  'invalid_client',
  'invalid_scope',
  'token_request_rejected',
  'token_rate_limited',
]);

/** No token is requested before `until` (monotonic). */
interface Pause {
  readonly until: number;
  readonly length: number;
  readonly failure: Failure<AuthFailureReason>;
}

/** The back-off after a failed token request, and the cool-down after the cluster refused a new token. */
interface Pauses extends Pick<TokenCache, 'accepted' | 'refused'> {
  /** Returns the pause that is under way. */
  readonly current: () => Pause | undefined;
  /** Returns the back-off since the last token, under way or over. */
  readonly lastBackOff: () => Pause | undefined;
  readonly obtained: () => void;
  readonly failed: (refusal: TokenRefusal) => void;
}

function createPauses(clock: Clock, random: () => number): Pauses {
  let backOff: Pause | undefined;
  let coolDown: Pause | undefined;
  const isUnderWay = (pause: Pause | undefined) => pause !== undefined && pause.until > clock.monotonic();

  return {
    current: () => [backOff, coolDown].find(isUnderWay),
    lastBackOff: () => backOff,
    obtained: () => {
      backOff = undefined;
    },
    failed: ({ failure, retryAfter }) => {
      const length = nextLength(refusals.has(failure.reason) ? refusedBackOff : unansweredBackOff, backOff);
      const wait = retryAfter ?? length * (0.5 + random() / 2);
      backOff = { until: clock.monotonic() + wait, length, failure };
    },
    accepted: () => {
      coolDown = undefined;
    },
    refused: (failure) => {
      // Another poll was refused with the same token.
      if (isUnderWay(coolDown)) return;
      const length = nextLength(coolDownAfterRefusal, coolDown);
      coolDown = { until: clock.monotonic() + length, length, failure };
    },
  };
}

function nextLength({ first, max }: PauseLengths, last: Pause | undefined): number {
  return Math.min(Math.max(first, 2 * (last?.length ?? 0)), max);
}

interface Flight<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
  hasFirst: boolean;
}

/**
 * Makes a function that joins callers to the run that is under way. A run is aborted only when all its callers have given
 * up; a caller that gives up before the last one gets `undefined`. Of the callers that get the result, exactly one is `first`.
 */
export function singleFlight<T>(
  run: (signal: AbortSignal) => Promise<T>,
): (signal: AbortSignal) => Promise<{ readonly value: T; readonly first: boolean } | undefined> {
  let flight: Flight<T> | undefined;

  const start = (): Flight<T> => {
    const controller = new AbortController();
    const result = run(controller.signal).finally(() => {
      flight = undefined;
    });
    return { result, controller, waiting: 0, hasFirst: false };
  };

  return (signal) => {
    flight ??= start();
    return join(flight, signal);
  };
}

async function join<T>(
  flight: Flight<T>,
  signal: AbortSignal,
): Promise<{ readonly value: T; readonly first: boolean } | undefined> {
  flight.waiting++;
  let isWaiting = true;
  const value = flight.result.then((result) => {
    const first = isWaiting && !flight.hasFirst;
    flight.hasFirst ||= first;
    return { value: result, first };
  });
  const gaveUp = new Promise<undefined>((resolve) => {
    const giveUp = () => {
      flight.waiting--;
      // The last caller aborts the run, waits for its end and gets its result.
      if (flight.waiting === 0) return flight.controller.abort(signal.reason);
      isWaiting = false;
      resolve(undefined);
    };
    if (signal.aborted) return giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    const settle = () => signal.removeEventListener('abort', giveUp);
    value.then(settle, settle);
  });
  return Promise.race([value, gaveUp]);
}
