import type { Logger } from 'pino';
import { type Authenticator, createBasic, none } from '../auth/authenticator.ts';
import { secretsOfRequests } from '../auth/client-authentication.ts';
import { createOAuth2 } from '../auth/oauth2.ts';
import { createTokenCache, type KeptToken } from '../auth/token-cache.ts';
import { createTokenEndpoint, type TokenEndpoint } from '../auth/token-endpoint.ts';
import { earliestExpiry } from '../certificates.ts';
import type { Clock } from '../clock.ts';
import { createClusterFilesReader } from '../config/cluster-config.ts';
import type { AuthenticationConfig, ClusterConfig, OAuth2Config, TransportConfig } from '../config/config.ts';
import { omitUndefined } from '../omit-undefined.ts';
import type { PolledConnection } from '../poll/poll.ts';
import { createFailureLog } from '../poll/poll-log.ts';
import { proxyCredentials } from '../transport/proxy.ts';
import { createCertificateTrackingAgent } from '../transport/server-certificates.ts';
import { createClient } from '../zeebe/client.ts';

/** The connection to a cluster and, where it uses OAuth 2, to its identity provider. */
export interface ClusterConnection extends Omit<PolledConnection, 'filesRead'> {
  /** The token that a connection with other credentials can go on using; absent where the method has no tokens. */
  readonly keptToken?: () => KeptToken;
  /** Closes every socket, also those in use. */
  readonly close: () => Promise<void>;
}

/** Creates the connection that the settings describe. No socket is opened before the first request. */
export function connect(cluster: ClusterConfig, clock: Clock, kept?: KeptToken): ClusterConnection {
  const { address, authentication: method, transport, pollTimeout } = cluster;
  const { dispatcher, expiry } = createCertificateTrackingAgent(transport, pollTimeout);
  const secrets = [...proxyCredentials(transport), ...tokenSecretsOf(method)];
  const authentication = createAuthentication(cluster, clock, kept);
  const clusterClient = clientExpiry(address, transport);
  return {
    ...authentication,
    client: createClient({ ...cluster, dispatcher, secrets }),
    certificates: async (signal) => {
      const [clusterServer, token] = await Promise.all([expiry(signal), authentication.certificates(signal)]);
      return { ...omitUndefined({ clusterServer, clusterClient }), ...token };
    },
    close: async () => {
      await Promise.all([dispatcher.destroy(), authentication.close()]);
    },
  };
}

/** A ClusterConnection without the part that requests topologies. */
type Authentication = Omit<ClusterConnection, 'client'>;

function createAuthentication(cluster: ClusterConfig, clock: Clock, kept: KeptToken | undefined): Authentication {
  const { authentication, pollInterval, pollTimeout } = cluster;
  switch (authentication.method) {
    case 'none':
      return withoutTokens(none);
    case 'basic':
      return withoutTokens(createBasic(authentication));
    case 'oauth2': {
      const { endpoint, certificates, close } = connectToIdentityProvider(authentication, pollTimeout, clock);
      const times = { pollInterval, pollTimeout, clock, random: Math.random };
      const tokens = createTokenCache({ endpoint, ...times, ...omitUndefined({ kept }) });
      return {
        authenticator: createOAuth2(authentication.audience, tokens),
        keptToken: tokens.kept,
        certificates,
        close,
      };
    }
  }
}

/** The connection to the identity provider of a cluster. */
export interface TokenConnection extends Pick<ClusterConnection, 'certificates' | 'close'> {
  readonly endpoint: TokenEndpoint;
}

/** Creates the connection that the settings describe. No socket is opened before the first request. */
export function connectToIdentityProvider(config: OAuth2Config, pollTimeout: number, clock: Clock): TokenConnection {
  const { endpoint, transport } = config;
  // A request for a token must not be sent again where a used connection turns out to be dead: the endpoint may have
  // acted on it, and refuses an assertion that it has seen before. So each has a connection of its own.
  const { dispatcher, expiry } = createCertificateTrackingAgent(transport, pollTimeout, { keepAlive: false });
  const tokenClient = clientExpiry('tokenUrl' in endpoint ? endpoint.tokenUrl : endpoint.issuerUrl, transport);
  return {
    endpoint: createTokenEndpoint(config, dispatcher, clock),
    certificates: async (signal) => omitUndefined({ tokenServer: await expiry(signal), tokenClient }),
    close: () => dispatcher.destroy(),
  };
}

function withoutTokens(authenticator: Authenticator): Authentication {
  return { authenticator, certificates: async () => ({}), close: async () => {} };
}

/** What an answer of the cluster may show if it comes from the same server as the tokens. */
function tokenSecretsOf(authentication: AuthenticationConfig): readonly string[] {
  return authentication.method === 'oauth2' ? secretsOfRequests(authentication) : [];
}

/** Over plain HTTP no certificate is presented. */
function clientExpiry({ protocol }: URL, { tls }: TransportConfig): number | undefined {
  return protocol === 'https:' && tls.cert !== undefined ? earliestExpiry(tls.cert) : undefined;
}

/** A connection to a cluster that is replaced when the files of the cluster change. */
export interface ReconnectingConnection {
  /** The settings in use: with what the files held when they were last read successfully. */
  readonly cluster: () => ClusterConfig;
  /** Reads the files again and returns the connection to use from now on. Never rejects. */
  readonly current: (signal: AbortSignal) => Promise<PolledConnection>;
  readonly close: () => Promise<void>;
}

/**
 * A new connection keeps a token that is still alive, and ends every back-off: the new credentials may be accepted.
 * While the files cannot be read or used, the connection with their previous contents stays in use.
 */
export function reconnectOnFileChange(initial: ClusterConfig, logger: Logger, clock: Clock): ReconnectingConnection {
  let cluster = initial;
  let connection = connect(initial, clock);
  const readFiles = createClusterFilesReader();
  const logFailure = createFailureLog(logger, clock, {
    failed: 'the files of the cluster cannot be used, their previous contents stay in use',
    recovered: 'the files of the cluster can be used again',
  });

  const replace = async (next: ClusterConfig) => {
    const previous = connection;
    cluster = next;
    connection = connect(next, clock, previous.keptToken?.());
    await previous.close();
    logger.info({ files: next.files?.paths }, 'files of the cluster have changed: they are used from now on');
  };

  return {
    cluster: () => cluster,
    current: async (signal) => {
      if (!cluster.files) return connection;
      const read = await readFiles(cluster, signal);
      if (signal.aborted) return connection;
      logFailure(read.ok ? undefined : { reason: 'files', message: read.problems.join('; '), remedy });
      if (read.ok && read.cluster !== cluster) await replace(read.cluster);
      return { ...connection, filesRead: read.ok };
    },
    close: () => connection.close(),
  };
}

const remedy = 'write each file whole (write a new one and rename it); the next poll reads them again';
