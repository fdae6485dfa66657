/** Returns a function that runs changes one after the other. A change that fails does not stop those that follow. */
export function createTurns(): <T>(change: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (change) => {
    const changing = last.then(change);
    last = changing.catch(() => {});
    return changing;
  };
}
