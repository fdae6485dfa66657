import { defineConfig } from 'vitest/config';

// Real systems share two cores: one file at a time, and each test has its own deadline inside.
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
