import { defineConfig } from 'vitest/config';

// Against the cluster that the exporter's own environment variables describe; see CONTRIBUTING.md.
export default defineConfig({
  test: {
    include: ['test/e2e/cluster/**/*.test.ts'],
    globalSetup: ['test/e2e/cluster/setup.ts'],
    // Watches tokens for two of their lifetimes.
    testTimeout: 3 * 3_600_000,
    hookTimeout: 120_000,
  },
});
