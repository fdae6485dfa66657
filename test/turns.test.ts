import { describe, expect, it, vi } from 'vitest';
import { createTurns } from '../src/clock.ts';

/** Returns whether work that has held the event loop for `held` ms yields to it. */
async function yieldsAfter(held: number): Promise<boolean> {
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

describe('long work', () => {
  it('yields to the event loop after holding it for 4 ms', async () => {
    expect(await yieldsAfter(4)).toBe(true);
  });

  it('does not yield to the event loop before 4 ms', async () => {
    expect(await yieldsAfter(3.9)).toBe(false);
  });
});
