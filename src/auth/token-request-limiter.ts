import { sleep } from '../clock.ts';
import type { TokenAnswer } from './token-endpoint.ts';

/** Spaces the token requests to an identity provider. Those that wait are sent in the order in which they were asked for. */
export interface TokenRequestLimiter {
  readonly isLimited: () => boolean;
  /** Calls `send` at its turn. Resolves to undefined if the signal has aborted by then. Never rejects. */
  readonly schedule: (send: () => Promise<TokenAnswer>, signal: AbortSignal) => Promise<TokenAnswer | undefined>;
}

export const unlimited: TokenRequestLimiter = {
  isLimited: () => false,
  schedule: async (send, signal) => (signal.aborted ? undefined : send()),
};

/** Milliseconds that the next request waits for an answer. The first retransmission of a TCP handshake is after 1 s. */
const maxWaitForAnswer = 2_000;

/**
 * `interval` returns the milliseconds between two requests; 0 for no limit. The signal ends the spacing, when no request
 * follows.
 *
 * The interval starts when the answer to a request has arrived: the provider counts requests as they arrive, so that
 * requests sent at exact intervals would arrive too soon after one that was delayed on its way. A provider that delays its
 * answer for long, as Camunda's SaaS does after a 401, does not stop the other requests.
 */
export function createTokenRequestLimiter(interval: () => number, ended: AbortSignal): TokenRequestLimiter {
  /** Resolves when the turn of the next request to be asked for has come. */
  let nextTurn = Promise.resolve();

  const spaced = async (answer: Promise<TokenAnswer>) => {
    await Promise.race([answer, sleep(maxWaitForAnswer, ended)]);
    await sleep(interval(), ended);
  };

  return {
    isLimited: () => interval() > 0,
    schedule: async (send, signal) => {
      if (interval() === 0) return unlimited.schedule(send, signal);
      const turn = nextTurn;
      const { promise, resolve } = Promise.withResolvers<void>();
      nextTurn = promise;
      await turn;
      const answer = signal.aborted ? undefined : send();
      if (answer) void spaced(answer).then(resolve);
      else resolve();
      return answer;
    },
  };
}
