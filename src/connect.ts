import type { Authenticator } from './auth/authenticator.ts';
import { createBasic } from './auth/basic.ts';
import { none } from './auth/none.ts';
import { createOAuth2 } from './auth/oauth2.ts';
import { createTokenEndpoint } from './auth/token-endpoint.ts';
import { createTokenSource, type KeptToken } from './auth/token-source.ts';
import { type Clock, withDeadline } from './clock.ts';
import type { ClusterConfig, TransportConfig } from './config/config.ts';
import { type Admit, type CertificateExpiries, createPoll, type Poll } from './poll/poll.ts';
import { earliestExpiry } from './transport/certificates.ts';
import { proxyCredentials } from './transport/proxy.ts';
import { createWatchedDispatcher } from './transport/server-certificates.ts';
import { createClient } from './zeebe/client.ts';

/** A way to a cluster and to its identity provider. */
export interface Connection {
  /** Its result has the certificates of both. */
  readonly poll: Poll;
  /** What a connection with other credentials goes on with; absent where there are no tokens. */
  readonly keptToken?: () => KeptToken;
  /** Cuts what is open. */
  readonly close: () => Promise<void>;
}

export interface ConnectOptions {
  readonly kept?: KeptToken;
  readonly admit?: Admit;
}

/** Makes what polls a cluster from its settings. Nothing is opened before the first poll. */
export function connect(cluster: ClusterConfig, clock: Clock, { kept, admit }: ConnectOptions = {}): Connection {
  const { address, apiVersion, headers, transport, pollTimeout } = cluster;
  const { dispatcher, expiry } = createWatchedDispatcher(transport, pollTimeout);
  const client = createClient({
    address,
    apiVersion,
    headers,
    dispatcher,
    transport,
    secrets: proxyCredentials(transport),
  });
  const { authenticator, keptToken, tokenCertificates, close } = createAuthenticator(cluster, clock, kept);
  const poll = createPoll({ client, authenticator, pollTimeout, clock, ...(admit && { admit }) });

  const clusterClient = clientExpiry(address, transport);
  const certificates = async (signal: AbortSignal): Promise<CertificateExpiries> => {
    const [clusterServer, ofToken] = await Promise.all([expiry(signal), tokenCertificates?.(signal)]);
    return {
      ...(clusterServer !== undefined && { clusterServer }),
      ...(clusterClient !== undefined && { clusterClient }),
      ...ofToken,
    };
  };
  return {
    poll: async (signal) => {
      const startedAt = clock.monotonic();
      const result = await poll(signal);
      // A look at a certificate must not make the next poll late.
      const left = Math.max(startedAt + pollTimeout - clock.monotonic(), 0);
      return { ...result, certificates: await withDeadline(left, signal, certificates) };
    },
    ...(keptToken && { keptToken }),
    close: async () => {
      await Promise.all([dispatcher.destroy(), close()]);
    },
  };
}

interface Authentication {
  readonly authenticator: Authenticator;
  readonly keptToken?: () => KeptToken;
  readonly tokenCertificates?: (signal: AbortSignal) => Promise<CertificateExpiries>;
  readonly close: () => Promise<void>;
}

function createAuthenticator(
  { authentication, pollInterval, pollTimeout }: ClusterConfig,
  clock: Clock,
  kept: KeptToken | undefined,
): Authentication {
  switch (authentication.method) {
    case 'none':
      return { authenticator: none, close: async () => {} };
    case 'basic':
      return { authenticator: createBasic(authentication), close: async () => {} };
    case 'oauth2': {
      const { audience, endpoint, transport } = authentication;
      // A request for a token must not be sent again where a used connection turns out to be dead: the endpoint may have
      // acted on it, and refuses an assertion that it has seen before. So each has a connection of its own.
      const { dispatcher, expiry } = createWatchedDispatcher(transport, pollTimeout, { keepAlive: false });
      const tokens = createTokenSource({
        endpoint: createTokenEndpoint(authentication, dispatcher, clock),
        pollInterval,
        pollTimeout,
        clock,
        random: Math.random,
        ...(kept && { kept }),
      });
      const tokenClient = clientExpiry('tokenUrl' in endpoint ? endpoint.tokenUrl : endpoint.issuerUrl, transport);
      return {
        authenticator: createOAuth2(audience, tokens),
        keptToken: tokens.kept,
        tokenCertificates: async (signal) => {
          const tokenServer = await expiry(signal);
          return {
            ...(tokenServer !== undefined && { tokenServer }),
            ...(tokenClient !== undefined && { tokenClient }),
          };
        },
        close: () => dispatcher.destroy(),
      };
    }
  }
}

/** Over plain http no certificate is shown. */
function clientExpiry({ protocol }: URL, { tls }: TransportConfig): number | undefined {
  return protocol === 'https:' && tls.cert !== undefined ? earliestExpiry(tls.cert) : undefined;
}
