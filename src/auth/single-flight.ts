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
