interface Flight<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
  hasFirst: boolean;
}

/** A run that may go on without callers. */
export interface Detachment<T> {
  /** Whether the run goes on, called when the last caller gives up. */
  readonly isDetached: () => boolean;
  /** Called with a result for which no caller has waited. */
  readonly unclaimed: (result: T) => void;
}

/**
 * Makes a function that joins callers to the run that is under way; `args` are those of the caller that starts it. A
 * run is aborted when all its callers have given up, unless it is detached. The last caller of an aborted run gets its
 * result; any other caller that gives up gets `undefined`. Of the callers that get the result, exactly one is `first`.
 */
export function singleFlight<T, Args extends readonly unknown[] = []>(
  run: (signal: AbortSignal, ...args: Args) => Promise<T>,
  { isDetached, unclaimed }: Detachment<T>,
): (signal: AbortSignal, ...args: Args) => Promise<{ readonly value: T; readonly first: boolean } | undefined> {
  let flight: Flight<T> | undefined;

  const start = (args: Args): Flight<T> => {
    const controller = new AbortController();
    const result = run(controller.signal, ...args).finally(() => {
      flight = undefined;
    });
    const started = { result, controller, waiting: 0, hasFirst: false };
    result.then(
      (value) => started.waiting === 0 && unclaimed(value),
      () => {},
    );
    return started;
  };

  return (signal, ...args) => {
    flight ??= start(args);
    return join(flight, isDetached, signal);
  };
}

async function join<T>(
  flight: Flight<T>,
  isDetached: () => boolean,
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
      // The last caller waits for the end of the aborted run and gets its result.
      if (flight.waiting === 1 && !isDetached()) return flight.controller.abort(signal.reason);
      flight.waiting--;
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
