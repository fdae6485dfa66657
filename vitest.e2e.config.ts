import { defineConfig } from 'vitest/config';

// One file at a time, because real systems share two cores. Each test has its own deadline.
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    exclude: ['test/e2e/{cluster,kubernetes}/**'],
    globalSetup: ['test/e2e/setup.ts'],
    fileParallelism: false,
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
});
