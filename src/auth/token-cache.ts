import { type Clock, sleep, withDeadline } from '../clock.ts';
import type { AuthFailure } from './auth-failure.ts';
import { isAlive, isDue, type Token, type TokenTimes, timesOf } from './token.ts';
import type { TokenEndpoint, TokenRefusal, TokenRequest } from './token-endpoint.ts';

export interface TokenSourceOptions {
  readonly endpoint: TokenEndpoint;
  /** Milliseconds; a token should last until the next poll has ended. */
  readonly pollInterval: number;
  readonly pollTimeout: number;
  readonly clock: Clock;
  /** 0 to 1, as `Math.random`. */
  readonly random: () => number;
  /** From the source before, where the credentials were replaced. */
  readonly kept?: KeptToken;
}

/** What outlives the credentials that a token was asked for with. Nothing that was waited for does. */
export interface KeptToken {
  readonly token?: Token;
  /** Monotonic, in milliseconds. */
  readonly lastRequestAt: number;
}

/** What a poll gets when it asks for a token: one, or the reason why there is none; both where a renewal failed. */
export interface Acquired {
  readonly token?: Token;
  readonly failure?: AuthFailure;
  /** Whether the identity provider was asked, by this poll or by another that it waited with. */
  readonly asked: boolean;
  readonly request?: TokenRequest;
}

export interface TokenSource {
  /** The token to use now, renewed where it is due. */
  readonly acquire: (signal: AbortSignal) => Promise<Acquired>;
  /** Another token for one that the cluster refused, or why none is asked for now. */
  readonly replace: (refused: Token, signal: AbortSignal) => Promise<Acquired>;
  /** Another token for one that may still be good: that one stays in use where there is no other. */
  readonly tryAnother: (doubtful: Token, signal: AbortSignal) => Promise<Acquired>;
  /** The cluster took a token. */
  readonly accepted: () => void;
  /** The cluster refused a token straight from the endpoint: another would fare no better for a while. */
  readonly refused: (failure: AuthFailure) => void;
  /** Of the last token obtained, in use or not. */
  readonly times: () => TokenTimes | undefined;
  readonly kept: () => KeptToken;
}

/** Whatever happens, the endpoint is never asked more often than this; milliseconds. */
const leastBetweenRequests = 1_000;

/** How long no token is asked for, the first time and, doubled again and again, at most; milliseconds. */
interface PauseLengths {
  readonly first: number;
  readonly longest: number;
}

/** After no answer, or one that makes no sense: the endpoint may be back any moment, and one request a minute is no load. */
const unansweredBackOff: PauseLengths = { first: 5_000, longest: 60_000 };
/**
 * After a refusal: asking again changes nothing soon. Camunda's SaaS delays its answer by about 30 s to a client that
 * asks again after a 401 or beyond its rate limit, which would look like an endpoint that cannot be reached, and others
 * behind the same address pay for each request too. A secret that is replaced here ends the back-off at once.
 */
const refusedBackOff: PauseLengths = { first: 60_000, longest: 5 * 60_000 };
/**
 * After the cluster has refused a fresh token: only the cluster or the token's claims can have changed since, which the
 * next token shows. A minute is how late that is seen.
 */
const coolDownAfterRefusal: PauseLengths = { first: 30_000, longest: 60_000 };

const refusals: ReadonlySet<AuthFailure['reason']> = new Set([
  'invalid_client',
  'invalid_scope',
  'token_request_rejected',
  'token_rate_limited',
]);

/** No token is asked for until then (monotonic), and why. */
interface Pause {
  readonly until: number;
  readonly length: number;
  readonly failure: AuthFailure;
}

function nextLength({ first, longest }: PauseLengths, last: Pause | undefined): number {
  return Math.min(Math.max(first, 2 * (last?.length ?? 0)), longest);
}

/** The one token of a cluster: kept, renewed, replaced, and never asked for more often than is decent. */
export function createTokenSource(options: TokenSourceOptions): TokenSource {
  const { endpoint, pollInterval, pollTimeout, clock, random, kept } = options;
  let token = kept?.token;
  let lastTimes = token && timesOf(token);
  /** After the endpoint refused or did not answer. */
  let backOff: Pause | undefined;
  /** After the cluster refused a fresh token. */
  let coolDown: Pause | undefined;
  let lastRequestAt = kept?.lastRequestAt ?? Number.NEGATIVE_INFINITY;

  const pause = (): Pause | undefined => [backOff, coolDown].find((each) => each && each.until > clock.monotonic());
  const usable = (): Token | undefined => (token && isAlive(token, clock.now()) ? token : undefined);

  const nextBackOff = ({ failure, retryAfter }: TokenRefusal): Pause => {
    const lengths = refusals.has(failure.reason) ? refusedBackOff : unansweredBackOff;
    const length = nextLength(lengths, backOff);
    const wait = retryAfter ?? length * (0.5 + random() / 2);
    return { until: clock.monotonic() + wait, length, failure };
  };

  const request = singleFlight(async (signal) => {
    await sleep(lastRequestAt + leastBetweenRequests - clock.monotonic(), signal);
    lastRequestAt = clock.monotonic();
    const answer = await endpoint(signal);
    if (answer.ok) {
      token = answer.token;
      lastTimes = timesOf(token);
      backOff = undefined;
    } else {
      backOff = nextBackOff(answer);
    }
    return answer;
  });

  const renew = async (signal: AbortSignal): Promise<Acquired> => {
    const asked = await request(signal);
    if (!asked) return { ...having(usable(), gaveUp), asked: true };
    const { value: answer, first } = asked;
    return {
      ...(answer.ok ? having(answer.token) : having(usable(), answer.failure)),
      asked: true,
      ...(first && answer.request && { request: answer.request }),
    };
  };

  return {
    acquire: async (signal) => {
      const current = usable();
      if (current && !isDue(current, clock.now(), pollInterval, pollTimeout)) return having(current);
      const standing = pause();
      // A renewal that hangs leaves the cluster half of the poll's time, for the token that still lives.
      if (!standing) return current ? withDeadline(pollTimeout / 2, signal, renew) : renew(signal);
      // A cool-down says nothing against asking the cluster again with a token that still lives.
      return having(current, current ? backOff?.failure : standing.failure);
    },
    replace: async (refused, signal) => {
      const current = usable();
      if (current && current !== refused) return having(current);
      const standing = pause();
      if (standing) return having(undefined, standing.failure);
      token = undefined;
      return renew(signal);
    },
    tryAnother: async (doubtful, signal) => {
      const current = usable();
      if (current && current !== doubtful) return having(current);
      const standing = pause();
      return standing ? having(undefined, standing.failure) : renew(signal);
    },
    accepted: () => {
      coolDown = undefined;
    },
    refused: (failure) => {
      // Another poll was refused the same token.
      if (coolDown && coolDown.until > clock.monotonic()) return;
      const length = nextLength(coolDownAfterRefusal, coolDown);
      coolDown = { until: clock.monotonic() + length, length, failure };
    },
    times: () => lastTimes,
    kept: () => ({ ...(token && { token }), lastRequestAt }),
  };
}

const gaveUp: AuthFailure = {
  reason: 'token_endpoint_unreachable',
  message: 'the token request of another poll did not end in time',
  remedy: 'check the identity provider and the network; poll_timeout says how long a poll may take',
};

function having(token: Token | undefined, failure?: AuthFailure): Acquired {
  return { asked: false, ...(token && { token }), ...(failure && { failure }) };
}

interface Flight<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
  told: boolean;
}

/**
 * Joins those who ask while a run is under way to that run. A run ends early only when the last who waits for it
 * has given up; one who gives up before gets `undefined`. Of those who get the result, exactly one is `first`.
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
    return { result, controller, waiting: 0, told: false };
  };

  return async (signal) => {
    flight ??= start();
    const joined = flight;
    joined.waiting++;
    let waits = true;
    const value = joined.result.then((result) => {
      const first = waits && !joined.told;
      joined.told ||= first;
      return { value: result, first };
    });
    const gaveUp = new Promise<undefined>((resolve) => {
      const giveUp = () => {
        joined.waiting--;
        // The last one waits for the end of what it has cut short, and is told what came of it.
        if (joined.waiting === 0) return joined.controller.abort(signal.reason);
        waits = false;
        resolve(undefined);
      };
      if (signal.aborted) return giveUp();
      signal.addEventListener('abort', giveUp, { once: true });
      const settle = () => signal.removeEventListener('abort', giveUp);
      value.then(settle, settle);
    });
    return Promise.race([value, gaveUp]);
  };
}
