import { afterAll, beforeAll, expect } from 'vitest';

/** Fails the file where an exception or a rejection reaches the process while its tests run. */
export function expectNothingToEscape(): void {
  const escaped: unknown[] = [];
  const note = (error: unknown) => escaped.push(error);
  beforeAll(() => {
    process.on('uncaughtException', note).on('unhandledRejection', note);
  });
  afterAll(() => {
    process.off('uncaughtException', note).off('unhandledRejection', note);
    expect(escaped).toEqual([]);
  });
}
