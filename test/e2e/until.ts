import { vi } from 'vitest';

/**
 * Waits until the condition does not throw, and returns its result. Conditions are written with `expect`, so that the
 * error after the deadline contains the last value.
 *
 * @param deadline seconds
 */
export async function until<T>(what: string, deadline: number, condition: () => T | Promise<T>): Promise<T> {
  try {
    return await vi.waitFor(condition, { timeout: deadline * 1000, interval: 200 });
  } catch (cause) {
    const seen = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Waited ${deadline} s in vain until ${what}. Last seen: ${seen}`, { cause });
  }
}
