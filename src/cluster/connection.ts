import type { Logger } from 'pino';
import { type Authenticator, createBasic, none } from '../auth/authenticator.ts';
import { secretsOfRequests } from '../auth/client-authentication.ts';
import { createOAuth2 } from '../auth/oauth2.ts';
import type { RequestsApart } from '../auth/requests-apart.ts';
import type { KeptToken } from '../auth/token-cache.ts';
import type { Clock } from '../clock.ts';
import { createClusterFilesReader } from '../config/cluster-config.ts';
import type { ClusterConfig } from '../config/config.ts';
import { omitUndefined } from '../omit-undefined.ts';
import type { PolledConnection } from '../poll/poll.ts';
import { createFailureLog } from '../poll/poll-log.ts';
import { clientCertificateExpiry } from '../transport/client-certificate.ts';
import { proxyCredentials } from '../transport/proxy.ts';
import { createCertificateTrackingAgent } from '../transport/server-certificates.ts';
import { createClient } from '../zeebe/client.ts';
import type { SharedTokens } from './shared-tokens.ts';

/** The connection to a cluster and, where it uses OAuth 2, to its identity provider. */
export interface ClusterConnection extends Omit<PolledConnection, 'filesRead'> {
  /** The token that a connection with other credentials can go on using; absent where the method has no tokens. */
  readonly keptToken?: () => KeptToken;
  /** Absent where the method has no tokens. */
  readonly requestsApart?: RequestsApart;
  /** Closes every socket, also those in use. */
  readonly close: () => Promise<void>;
}

/** Creates the connection that the settings describe. No socket is opened before the first request. */
export function connect(cluster: ClusterConfig, sharedTokens: SharedTokens, kept?: KeptToken): ClusterConnection {
  const { address, transport, pollTimeout } = cluster;
  const { dispatcher, expiry } = createCertificateTrackingAgent(transport, pollTimeout);
  const client = createClient({ ...cluster, dispatcher, secrets: secretsOfConnection(cluster) });
  const clusterClient = clientCertificateExpiry(address, transport);
  const authentication = connectAuthentication(cluster, sharedTokens, kept);
  return {
    ...authentication,
    client,
    certificates: async (...limit) => {
      const [clusterServer, token] = await Promise.all([expiry(...limit), authentication.certificates(...limit)]);
      return { ...omitUndefined({ clusterServer, clusterClient }), ...token };
    },
    close: async () => {
      await Promise.all([dispatcher.destroy(), authentication.close()]);
    },
  };
}

/** A ClusterConnection without the part that requests topologies. */
type Authentication = Omit<ClusterConnection, 'client'>;

export function connectAuthentication(
  cluster: Pick<ClusterConfig, 'authentication' | 'pollInterval' | 'pollTimeout'>,
  sharedTokens: SharedTokens,
  kept?: KeptToken,
): Authentication {
  const { authentication, pollInterval, pollTimeout } = cluster;
  switch (authentication.method) {
    case 'none':
      return withoutTokens(none);
    case 'basic':
      return withoutTokens(createBasic(authentication));
    case 'oauth2': {
      const user = { oauth2: authentication, pollInterval, pollTimeout, kept };
      const { tokens, requestsApart, certificates, leave } = sharedTokens.join(user);
      return {
        authenticator: createOAuth2(authentication.audience, tokens),
        keptToken: tokens.kept,
        requestsApart,
        certificates,
        close: leave,
      };
    }
  }
}

function withoutTokens(authenticator: Authenticator): Authentication {
  return { authenticator, certificates: async () => ({}), close: async () => {} };
}

/**
 * Returns what an answer may show besides the headers of its request, if it comes from a proxy or the token endpoint.
 */
export function secretsOfConnection({
  authentication,
  transport,
}: Pick<ClusterConfig, 'authentication' | 'transport'>): readonly string[] {
  const ofTokens = authentication.method === 'oauth2' ? secretsOfRequests(authentication) : [];
  return [...proxyCredentials(transport), ...ofTokens];
}

/** A connection to a cluster that is replaced when the files of the cluster change. */
export interface ReconnectingConnection {
  /** The settings in use: with what the files held when they were last read successfully. */
  readonly cluster: () => ClusterConfig;
  /** Reads the files again and returns the connection to use from now on. Never rejects. */
  readonly current: (signal: AbortSignal) => Promise<PolledConnection>;
  readonly requestsApart: () => RequestsApart | undefined;
  readonly close: () => Promise<void>;
}

export interface ReconnectingOptions {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly sharedTokens: SharedTokens;
}

/**
 * A new connection keeps a token that is still alive. New credentials end every back-off, as they may be accepted: the
 * cluster joins the clusters that use the same ones. While the files cannot be read or used, the connection with their
 * previous contents stays in use.
 */
export function reconnectOnFileChange(
  initial: ClusterConfig,
  { logger, clock, sharedTokens }: ReconnectingOptions,
): ReconnectingConnection {
  let cluster = initial;
  let connection = connect(initial, sharedTokens);
  const readFiles = createClusterFilesReader();
  const logFailure = createFailureLog(logger, clock, {
    failed: 'the files of the cluster cannot be used, their previous contents stay in use',
    recovered: 'the files of the cluster can be used again',
  });

  const replace = async (next: ClusterConfig) => {
    const previous = connection;
    cluster = next;
    connection = connect(next, sharedTokens, previous.keptToken?.());
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
    requestsApart: () => connection.requestsApart,
    close: () => connection.close(),
  };
}

const remedy = 'write each file whole (write a new one and rename it); the next poll reads them again';
