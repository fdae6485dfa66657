import { sleep } from '../../src/clock.ts';
import type { LeaseRecord, LeaseStore, StoredLease } from '../../src/election/lease.ts';

/** The way of a candidate's requests to the lease. Milliseconds. */
export interface Link {
  /** Until a request takes effect. */
  requestTakes: number;
  /** From then on until its answer arrives. */
  answerTakes: number;
  /** Requests do not arrive. */
  isCut: boolean;
  /** Requests arrive and take effect, but their answers do not return. */
  losesAnswers: boolean;
}

/** A lease with the optimistic concurrency of the API server. */
export function simulatedLease() {
  let stored: StoredLease | undefined;
  let versions = 0;
  const write = (record: LeaseRecord): StoredLease => {
    stored = { record, version: String(++versions) };
    return stored;
  };

  const linked = (link: Link): LeaseStore => {
    const request = async <T>(signal: AbortSignal, take: () => T): Promise<T> => {
      if (link.isCut) await untilAborted(signal);
      await sleep(link.requestTakes, new AbortController().signal);
      // A request that was sent takes effect even if its sender no longer waits for the answer.
      const answer = take();
      if (link.losesAnswers) await untilAborted(signal);
      await sleep(link.answerTakes, signal);
      signal.throwIfAborted();
      return answer;
    };
    return {
      read: (signal) => request(signal, () => stored),
      create: (record, signal) => request(signal, () => (stored ? ('conflict' as const) : write(record))),
      update: (record, version, signal) =>
        request(signal, () => {
          if (!stored) throw new Error('there is no lease');
          return stored.version === version ? write(record) : ('conflict' as const);
        }),
    };
  };
  const remove = () => {
    stored = undefined;
  };
  return { linked, record: () => stored?.record, remove };
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
