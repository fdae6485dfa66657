import { onTestFinished } from 'vitest';
import { createTokenEndpoint, type TokenEndpoint } from '../../src/auth/token-endpoint.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import type { OAuth2Config } from '../../src/config/config.ts';
import { createDispatcher } from '../../src/transport/dispatcher.ts';
import { withoutProxy } from '../transport/without-proxy.ts';
import { oauth2Config } from './oauth2-config.ts';

withoutProxy();

/** A token endpoint as the exporter makes it, until the test has ended. */
export function tokenEndpoint(config: Partial<OAuth2Config> = {}, clock: Clock = systemClock): TokenEndpoint {
  const whole = oauth2Config(config);
  const dispatcher = createDispatcher(whole.transport, 60_000);
  onTestFinished(() => dispatcher.destroy());
  return createTokenEndpoint(whole, dispatcher, clock);
}

export const neverAborted = new AbortController().signal;
