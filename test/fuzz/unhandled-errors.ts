import { afterAll, beforeAll, expect } from 'vitest';

/** Fails the test file on an uncaught exception or an unhandled rejection. */
export function expectNoUnhandledErrors(): void {
  const unhandledErrors: unknown[] = [];
  const note = (error: unknown) => unhandledErrors.push(error);
  beforeAll(() => {
    process.on('uncaughtException', note).on('unhandledRejection', note);
  });
  afterAll(() => {
    process.off('uncaughtException', note).off('unhandledRejection', note);
    expect(unhandledErrors).toEqual([]);
  });
}
