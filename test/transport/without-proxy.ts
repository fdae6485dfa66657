import { vi } from 'vitest';

/**
 * Removes the proxy variables from the environment, so that requests of tests are sent directly. Returns a function that
 * restores them, which `beforeEach` and `beforeAll` call after the tests.
 */
export function withoutProxy(): () => void {
  for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'no_proxy', 'NO_PROXY']) {
    vi.stubEnv(name, undefined);
  }
  return () => {
    vi.unstubAllEnvs();
  };
}
