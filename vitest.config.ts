import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**', 'test/release/**'],
    setupFiles: ['test/property-seed.ts'],
    restoreMocks: true,
    // Property tests and TLS on two busy cores: no test measures time.
    testTimeout: 60_000,
    maxWorkers: 2,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: ['src/main.ts'],
      reporter: ['text-summary', 'lcovonly'],
    },
  },
});
