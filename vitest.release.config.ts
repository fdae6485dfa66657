import { defineConfig } from 'vitest/config';

// What is shipped, built from the whole checkout: one after the other, and minutes on a busy machine.
export default defineConfig({
  test: {
    include: ['test/release/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 900_000,
  },
});
