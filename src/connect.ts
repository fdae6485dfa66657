import type { Authenticator } from './auth/authenticator.ts';
import { createBasic } from './auth/basic.ts';
import { none } from './auth/none.ts';
import { createOAuth2 } from './auth/oauth2.ts';
import { createTokenEndpoint } from './auth/token-endpoint.ts';
import { createTokenSource } from './auth/token-source.ts';
import type { Clock } from './clock.ts';
import type { ClusterConfig } from './config/config.ts';
import { createPoll, type Poll } from './poll/poll.ts';
import { createDispatcher } from './transport/dispatcher.ts';
import { createClient } from './zeebe/client.ts';

/** A way to a cluster and to its identity provider. */
export interface Connection {
  readonly poll: Poll;
  /** Cuts what is open. */
  readonly close: () => Promise<void>;
}

/** Makes what polls a cluster from its settings. Nothing is opened before the first poll. */
export function connect(cluster: ClusterConfig, clock: Clock): Connection {
  const { address, apiVersion, headers, transport, pollTimeout } = cluster;
  const dispatcher = createDispatcher(transport, pollTimeout);
  const client = createClient({ address, apiVersion, headers, dispatcher });
  const { authenticator, close } = createAuthenticator(cluster, clock);
  return {
    poll: createPoll({ client, authenticator, pollTimeout, clock }),
    close: async () => {
      await Promise.all([dispatcher.destroy(), close()]);
    },
  };
}

function createAuthenticator(
  { authentication, pollInterval, pollTimeout }: ClusterConfig,
  clock: Clock,
): { readonly authenticator: Authenticator; readonly close: () => Promise<void> } {
  switch (authentication.method) {
    case 'none':
      return { authenticator: none, close: async () => {} };
    case 'basic':
      return { authenticator: createBasic(authentication), close: async () => {} };
    case 'oauth2': {
      const dispatcher = createDispatcher(authentication.transport, pollTimeout);
      const endpoint = createTokenEndpoint(authentication, dispatcher, clock);
      const tokens = createTokenSource({ endpoint, pollInterval, pollTimeout, clock, random: Math.random });
      return { authenticator: createOAuth2(authentication.audience, tokens), close: () => dispatcher.destroy() };
    }
  }
}
