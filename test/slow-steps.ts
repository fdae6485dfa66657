import { onTestFinished, vi } from 'vitest';

/** Makes all work yield to the event loop after each of its parts, until the end of the test. */
export function everyStepTakesLong(): void {
  let now = 0;
  const spy = vi.spyOn(performance, 'now').mockImplementation(() => {
    now += 5;
    return now;
  });
  onTestFinished(() => spy.mockRestore());
}
