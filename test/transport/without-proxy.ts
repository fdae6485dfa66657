import { vi } from 'vitest';

/** Whatever proxy this machine's environment names is none of the tests'. */
export function withoutProxy(): void {
  for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'no_proxy', 'NO_PROXY']) {
    vi.stubEnv(name, undefined);
  }
}
