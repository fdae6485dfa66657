import { defineConfig } from 'vitest/config';

// Runs against a kube-apiserver and etcd, which are built from source once (10 minutes) and cached. Needs Go.
export default defineConfig({
  test: {
    include: ['test/e2e/kubernetes/**/*.test.ts'],
    globalSetup: ['test/e2e/kubernetes/setup.ts'],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 1_800_000,
  },
});
