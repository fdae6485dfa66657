import type { Clock } from '../clock.ts';
import type { AuthFailureReason, Failure } from '../failure.ts';
import type { TokenRefusal } from './token-endpoint.ts';

/** No token is requested before `until` (monotonic). */
export interface Pause {
  readonly until: number;
  readonly length: number;
  readonly failure: Failure<AuthFailureReason>;
}

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
export const coolDownAfterRefusal: PauseLengths = { first: 30_000, max: 60_000 };

const refusals: ReadonlySet<AuthFailureReason> = new Set([
  'invalid_client',
  'invalid_scope',
  'token_request_rejected',
  'token_rate_limited',
]);

/** The pause after a failed token request, for all clusters that share the token. */
export interface BackOff {
  /** Returns the pause that is under way. */
  readonly current: () => Pause | undefined;
  /** Returns the pause since the last token, under way or over. */
  readonly last: () => Pause | undefined;
  readonly obtained: () => void;
  readonly failed: (refusal: TokenRefusal) => void;
}

export function createBackOff(clock: Clock, random: () => number): BackOff {
  let pause: Pause | undefined;
  return {
    current: () => underWay(pause, clock),
    last: () => pause,
    obtained: () => {
      pause = undefined;
    },
    failed: ({ failure, retryAfter }) => {
      const length = nextLength(refusals.has(failure.reason) ? refusedBackOff : unansweredBackOff, pause);
      const wait = retryAfter ?? length * (0.5 + random() / 2);
      pause = { until: clock.monotonic() + wait, length, failure };
    },
  };
}

/** The pause after one cluster refused a new token. Other clusters may accept it. */
export interface CoolDown {
  /** Returns the pause that is under way. */
  readonly current: () => Pause | undefined;
  /** Ends the cool-down: the cluster accepted a token. */
  readonly accepted: () => void;
  /** Starts a cool-down: the cluster refused a token that was just issued, and would refuse another one, too. */
  readonly refused: (failure: Failure<AuthFailureReason>) => void;
}

export function createCoolDown(clock: Clock): CoolDown {
  let pause: Pause | undefined;
  return {
    current: () => underWay(pause, clock),
    accepted: () => {
      pause = undefined;
    },
    refused: (failure) => {
      // The cluster refused the same token before.
      if (underWay(pause, clock)) return;
      const length = nextLength(coolDownAfterRefusal, pause);
      pause = { until: clock.monotonic() + length, length, failure };
    },
  };
}

function underWay(pause: Pause | undefined, clock: Clock): Pause | undefined {
  return pause !== undefined && pause.until > clock.monotonic() ? pause : undefined;
}

function nextLength({ first, max }: PauseLengths, last: Pause | undefined): number {
  return Math.min(Math.max(first, 2 * (last?.length ?? 0)), max);
}
