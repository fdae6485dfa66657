import { defineConfig } from 'vitest/config';

// The part of the end-to-end tests that needs a Chromium and nothing else.
export default defineConfig({
  test: {
    include: ['test/e2e/status-page/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
