import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';

/** Milliseconds between two lines about the same failure. */
const quietFor = 5 * 60_000;

/** What a failure is to the log: of a poll or of authentication. */
export interface LoggedFailure {
  readonly reason: string;
  readonly message: string;
  readonly remedy: string;
}

/** The words for a failure, and for its end. */
export interface FailureWords {
  readonly failed: string;
  readonly recovered: string;
}

/**
 * Logs a failure once, again at most every 5 minutes with a count while it lasts, and its end. To be called after
 * every poll, without a failure where there was none.
 */
export function createFailureLog(
  logger: Logger,
  clock: Clock,
  words: FailureWords,
): (failure: LoggedFailure | undefined) => void {
  const standing = new Map<string, { times: number; loggedAt: number }>();

  return (failure) => {
    if (!failure) {
      if (standing.size > 0) logger.info({ failed: total(standing) }, words.recovered);
      standing.clear();
      return;
    }
    const { reason, message, remedy } = failure;
    const known = standing.get(reason) ?? { times: 0, loggedAt: Number.NEGATIVE_INFINITY };
    standing.set(reason, known);
    known.times++;
    if (clock.monotonic() - known.loggedAt < quietFor) return;
    known.loggedAt = clock.monotonic();
    const repeated = known.times > 1 ? ` (${known.times} times so far)` : '';
    logger.warn({ reason, times: known.times, remedy }, `${words.failed}: ${message}${repeated}; ${remedy}`);
  };
}

function total(standing: ReadonlyMap<string, { readonly times: number }>): number {
  return [...standing.values()].reduce((sum, { times }) => sum + times, 0);
}
