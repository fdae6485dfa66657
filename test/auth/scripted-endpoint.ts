import { tokenOf } from '../../src/auth/token.ts';
import type { TokenAnswer, TokenEndpoint } from '../../src/auth/token-endpoint.ts';
import { systemClock } from '../../src/clock.ts';
import type { TokenFailureReason } from '../../src/failure.ts';
import { failure } from '../polls.ts';

export interface ScriptedEndpoint {
  readonly endpoint: TokenEndpoint;
  /** When it was asked, monotonic; milliseconds. */
  readonly askedAt: readonly number[];
  /** Its answers from now on; `count` is 1 for the first request of all. */
  readonly answer: (next: Answerer) => void;
}

type Answerer = (count: number, signal: AbortSignal) => TokenAnswer | Promise<TokenAnswer>;

/** A token endpoint that gives `token-1`, `token-2` and so on, or what it is told to. */
export function scriptedEndpoint(first: Answerer = (count) => granted(`token-${count}`)): ScriptedEndpoint {
  const askedAt: number[] = [];
  let answerer = first;
  return {
    askedAt,
    answer: (next) => {
      answerer = next;
    },
    endpoint: async (signal) => {
      askedAt.push(systemClock.monotonic());
      return answerer(askedAt.length, signal);
    },
  };
}

/** `expiresIn` in seconds. */
export function granted(accessToken: string, expiresIn: number | undefined = 300): TokenAnswer {
  return { ok: true, token: tokenOf(accessToken, expiresIn, systemClock.now()), request: { seconds: 0.1 } };
}

/** `retryAfter` in milliseconds. */
export function denied(reason: TokenFailureReason = 'token_endpoint_unreachable', retryAfter?: number): TokenAnswer {
  return {
    ok: false,
    failure: failure(reason),
    ...(retryAfter !== undefined && { retryAfter }),
    request: { seconds: 0.1, failure: reason },
  };
}

/** No answer until the one who asks gives up. */
export function silence(signal: AbortSignal): Promise<TokenAnswer> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(denied()), { once: true });
  });
}
