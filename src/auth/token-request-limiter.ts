import { type Clock, rejectWhenAborted, sleep } from '../clock.ts';
import type { Failure } from '../failure.ts';
import type { TokenAnswer } from './token-endpoint.ts';

/**
 * Spaces the token requests to an identity provider. Those that wait are sent in the order in which they were asked
 * for.
 */
export interface TokenRequestLimiter {
  readonly isLimited: () => boolean;
  /** Calls `send` at its turn. Resolves to undefined as soon as the signal aborts before that. Never rejects. */
  readonly schedule: (send: () => Promise<TokenAnswer>, signal: AbortSignal) => Promise<TokenAnswer | undefined>;
}

/** Why there is no token where the time ended before the turn. */
export const noTurn: Failure<'token_rate_limited'> = {
  reason: 'token_rate_limited',
  problem: { kind: 'token_request_waits' },
};

export const unlimited: TokenRequestLimiter = {
  isLimited: () => false,
  schedule: async (send, signal) => (signal.aborted ? undefined : send()),
};

/** Milliseconds that the next request waits for an answer. The first retransmission of a TCP handshake is after 1 s. */
const maxWaitForAnswer = 2_000;

export interface AdjustableLimiter extends TokenRequestLimiter {
  /** Applies another interval to the request that is waiting. */
  readonly intervalChanged: () => void;
}

/**
 * `interval` returns the milliseconds between two requests; 0 for no limit. The signal ends the spacing, when no
 * request follows.
 *
 * The interval starts when the answer to a request has arrived: the provider counts requests as they arrive, so that
 * requests sent at exact intervals would arrive too soon after one that was delayed on its way. A provider that delays
 * its answer for long, as Camunda's SaaS does after a 401, does not stop the other requests.
 */
export function createTokenRequestLimiter(interval: () => number, ended: AbortSignal, clock: Clock): AdjustableLimiter {
  /** Resolves when the turn of the next request to be asked for has come. */
  let nextTurn = Promise.resolve();
  let changed = new AbortController();

  const passInterval = async () => {
    const startedAt = clock.monotonic();
    const left = () => startedAt + interval() - clock.monotonic();
    while (left() > 0 && !ended.aborted) await sleep(left(), AbortSignal.any([changed.signal, ended]));
  };
  const spaced = async (answer: Promise<TokenAnswer>) => {
    await Promise.race([answer, sleep(maxWaitForAnswer, ended)]);
    await passInterval();
  };

  return {
    isLimited: () => interval() > 0,
    schedule: async (send, signal) => {
      if (interval() === 0) return unlimited.schedule(send, signal);
      const sent = nextTurn.then(() => (signal.aborted ? undefined : { answer: send() }));
      nextTurn = sent.then((request) => request && spaced(request.answer));
      const request = await Promise.race([sent, rejectWhenAborted(signal).catch(() => undefined)]);
      return request?.answer;
    },
    intervalChanged: () => {
      changed.abort();
      changed = new AbortController();
    },
  };
}
