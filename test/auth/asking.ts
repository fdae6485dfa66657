import { createTokenEndpoint, type TokenAnswer } from '../../src/auth/token-endpoint.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import type { OAuth2Config } from '../../src/config/config.ts';
import { createDispatcher } from '../../src/transport/dispatcher.ts';
import { withoutProxy } from '../transport/without-proxy.ts';
import { oauth2Config } from './oauth2-config.ts';

withoutProxy();

/** A token endpoint as the exporter makes it, which waits for a minute at most. */
export function tokenEndpoint(
  config: Partial<OAuth2Config> = {},
  clock: Clock = systemClock,
): (signal: AbortSignal) => Promise<TokenAnswer> {
  const whole = oauth2Config(config);
  const endpoint = createTokenEndpoint(whole, (timeout) => createDispatcher(whole.transport, timeout), clock);
  return (signal) => endpoint(signal, 60_000);
}

export const neverAborted = new AbortController().signal;
