/**
 * Joins those who ask while a run is under way to that run. A run ends early only when the last who waits for it
 * has given up; one who gives up before gets `undefined`. Only the one who started a run is told so.
 */
export function singleFlight<T>(
  run: (signal: AbortSignal) => Promise<T>,
): (signal: AbortSignal) => Promise<{ readonly value: T; readonly started: boolean } | undefined> {
  let flight: { readonly result: Promise<T>; readonly controller: AbortController; waiting: number } | undefined;

  const start = () => {
    const controller = new AbortController();
    const result = run(controller.signal).finally(() => {
      flight = undefined;
    });
    return { result, controller, waiting: 0 };
  };

  return async (signal) => {
    const started = flight === undefined;
    flight ??= start();
    const joined = flight;
    joined.waiting++;
    const value = joined.result.then((result) => ({ value: result, started }));
    const gaveUp = new Promise<undefined>((resolve) => {
      const giveUp = () => {
        joined.waiting--;
        // The last one waits for the end of what it has cut short, and is told what came of it.
        if (joined.waiting === 0) joined.controller.abort(signal.reason);
        else resolve(undefined);
      };
      if (signal.aborted) return giveUp();
      signal.addEventListener('abort', giveUp, { once: true });
      const settle = () => signal.removeEventListener('abort', giveUp);
      value.then(settle, settle);
    });
    return Promise.race([value, gaveUp]);
  };
}
