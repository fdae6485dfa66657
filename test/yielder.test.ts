import { describe, expect, it, vi } from 'vitest';
import { createYielder } from '../src/clock.ts';

/** Whether the event loop ran something else first. */
async function yieldsAfter(held: number): Promise<boolean> {
  const now = vi.spyOn(performance, 'now').mockReturnValue(0);
  const yieldWhenBusy = createYielder();
  let others = false;
  setImmediate(() => {
    others = true;
  });
  now.mockReturnValue(held);
  await yieldWhenBusy();
  return others;
}

describe('long work between its parts', () => {
  it('yields to the event loop after 4 ms', async () => {
    expect(await yieldsAfter(4)).toBe(true);
  });

  it('continues without yielding before', async () => {
    expect(await yieldsAfter(3.9)).toBe(false);
  });
});
