import { onTestFinished } from 'vitest';
import type { Authenticator } from '../../src/auth/authenticator.ts';
import { createBasic, none } from '../../src/auth/authenticator.ts';
import { createOAuth2 } from '../../src/auth/oauth2.ts';
import { createTokenCache } from '../../src/auth/token-cache.ts';
import { createTokenEndpoint } from '../../src/auth/token-endpoint.ts';
import { systemClock } from '../../src/clock.ts';
import type { ClusterConfig } from '../../src/config/config.ts';
import { createPoll, type PollResult } from '../../src/poll/poll.ts';
import { createDispatcher } from '../../src/transport/dispatcher.ts';
import { createClient } from '../../src/zeebe/client.ts';
import { clusterConfig } from '../polls.ts';
import { neverAborted } from './asking.ts';

/** The polls of a cluster, put together as the exporter does, until the test has ended. */
export function pollOf(config: Partial<ClusterConfig>): () => Promise<PollResult> {
  const cluster = clusterConfig(config);
  const { pollTimeout, transport } = cluster;
  const dispatcher = createDispatcher(transport, pollTimeout);
  onTestFinished(() => dispatcher.destroy());
  const client = createClient({ ...cluster, dispatcher });
  const poll = createPoll({ client, authenticator: authenticatorOf(cluster), pollTimeout, clock: systemClock });
  return () => poll(neverAborted);
}

function authenticatorOf({ authentication, pollInterval, pollTimeout }: ClusterConfig): Authenticator {
  switch (authentication.method) {
    case 'none':
      return none;
    case 'basic':
      return createBasic(authentication);
    case 'oauth2': {
      const dispatcher = createDispatcher(authentication.transport, pollTimeout);
      onTestFinished(() => dispatcher.destroy());
      const endpoint = createTokenEndpoint(authentication, dispatcher, systemClock);
      const tokens = createTokenCache({
        endpoint,
        pollInterval,
        pollTimeout,
        clock: systemClock,
        random: Math.random,
      });
      return createOAuth2(authentication.audience, tokens);
    }
  }
}
