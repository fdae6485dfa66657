import { defineConfig } from 'vitest/config';

/**
 * Tests of pure functions, which neither change nor depend on state shared between files. They share workers, which saves
 * a process and the loading of the sources for each file. test/no-trace.ts fails a file that changes the process.
 */
const pure = [
  'test/{bench,docs,helm,metrics,prometheus}/**/*.test.ts',
  'test/auth/{claims,retry-after,single-flight,token}.test.ts',
  'test/config/!(cluster-files|loading-files|read-file|secrets-stay-hidden).test.ts',
  'test/grafana/!(shown).test.ts',
  'test/http/{api-doc,negotiate,passwords,startup}.test.ts',
  'test/poll/{events,failure-log,poll-log,state}.test.ts',
  'test/cluster/clusters.test.ts',
  'test/simulator/!(camunda-client|wall-clock).test.ts',
  'test/transport/transport-failure.test.ts',
  'test/status/*.test.ts',
  'test/zeebe/!(client).test.ts',
  'test/{certificates,dependencies,single-line}.test.ts',
];

export default defineConfig({
  test: {
    maxWorkers: 2,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: ['src/main.ts', 'src/program.ts'],
      reporter: ['text-summary', 'lcovonly'],
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'pure',
          include: pure,
          isolate: false,
          setupFiles: ['test/property-seed.ts', 'test/no-trace.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'isolated',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/release/**', ...pure],
          setupFiles: ['test/property-seed.ts'],
        },
      },
    ],
    restoreMocks: true,
    // Generous, for property tests and TLS on two busy cores. No test measures time.
    testTimeout: 60_000,
  },
});
