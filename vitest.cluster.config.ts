import { defineConfig } from 'vitest/config';

// Runs against the cluster configured by the exporter's environment variables; see CONTRIBUTING.md.
export default defineConfig({
  test: {
    include: ['test/e2e/cluster/**/*.test.ts'],
    globalSetup: ['test/e2e/cluster/setup.ts'],
    // The tests observe token renewal for two lifetimes.
    testTimeout: 3 * 3_600_000,
    hookTimeout: 120_000,
  },
});
