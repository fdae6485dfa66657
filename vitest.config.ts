import { defineConfig } from 'vitest/config';

/**
 * Tests of plain functions, which change nothing that another file could see and look at no state of a module. They
 * share their workers, which saves a process and the loading of the sources for each file. test/no-trace.ts fails a file
 * that changes the process.
 */
const pure = [
  'test/{bench,docs,helm,metrics,prometheus}/**/*.test.ts',
  'test/auth/{claims,single-flight,token}.test.ts',
  'test/config/!(read-file|reread|secrets-stay-hidden).test.ts',
  'test/grafana/!(shown).test.ts',
  'test/http/{api-doc,front,negotiate,status}.test.ts',
  'test/poll/{events,failure-log,poll-log,state}.test.ts',
  'test/simulator/!(camunda-client|wall-clock).test.ts',
  'test/transport/{certificates,failure,one-line,retry-after}.test.ts',
  'test/web-config/{document,passwords,web-config}.test.ts',
  'test/zeebe/!(client).test.ts',
  'test/{clusters,dependencies}.test.ts',
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
    // Property tests and TLS on two busy cores: no test measures time.
    testTimeout: 60_000,
  },
});
