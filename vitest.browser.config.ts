import { defineConfig } from 'vitest/config';

// The end-to-end tests that need only Chromium.
export default defineConfig({
  test: {
    include: ['test/e2e/status-page/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
