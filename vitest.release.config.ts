import { defineConfig } from 'vitest/config';

// Tests of the release artifacts, built from the whole checkout. They run one after the other, for minutes.
export default defineConfig({
  test: {
    include: ['test/release/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 900_000,
  },
});
