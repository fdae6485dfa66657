import { describe, expect, it, vi } from 'vitest';
import { createTurns } from '../src/clock.ts';

/** Whether something that waits for the event loop came first. */
async function letsOthers(held: number): Promise<boolean> {
  const now = vi.spyOn(performance, 'now').mockReturnValue(0);
  const turn = createTurns();
  let others = false;
  setImmediate(() => {
    others = true;
  });
  now.mockReturnValue(held);
  await turn();
  return others;
}

describe('between parts of work', () => {
  it('others have their turn where it has held the event loop for long', async () => {
    expect(await letsOthers(4)).toBe(true);
  });

  it('the work goes on where it has not', async () => {
    expect(await letsOthers(3.9)).toBe(false);
  });
});
