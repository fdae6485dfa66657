import type { Logger } from 'pino';
import { type Authenticator, createBasic, none } from '../auth/authenticator.ts';
import { createOAuth2 } from '../auth/oauth2.ts';
import { createTokenCache, type KeptToken } from '../auth/token-cache.ts';
import { createTokenEndpoint } from '../auth/token-endpoint.ts';
import { earliestExpiry } from '../certificates.ts';
import { type Clock, withDeadline } from '../clock.ts';
import type { ClusterConfig, TransportConfig } from '../config/config.ts';
import { createRereader } from '../config/file-set.ts';
import { type Admit, type CertificateExpiries, createPoll, type Poll } from '../poll/poll.ts';
import { createFailureLog } from '../poll/poll-log.ts';
import { proxyCredentials } from '../transport/proxy.ts';
import { createWatchedDispatcher } from '../transport/server-certificates.ts';
import { createClient } from '../zeebe/client.ts';

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
      const tokens = createTokenCache({
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

/** A way to a cluster that is made anew where the files of its settings hold something else. */
export interface RotatingConnection extends Pick<Connection, 'poll' | 'close'> {
  /** As it is in use. */
  readonly cluster: () => ClusterConfig;
}

/**
 * Before each poll the files are read again. What is new in them is used from that poll on: the token that still lives
 * is kept, nothing that was waited for is. What cannot be used is not: what they held before stays in use.
 */
export function connectRotating(
  initial: ClusterConfig,
  logger: Logger,
  clock: Clock,
  admit?: Admit,
): RotatingConnection {
  let cluster = initial;
  const open = (kept?: KeptToken) => connect(cluster, clock, { ...(kept && { kept }), ...(admit && { admit }) });
  let connection = open();
  const reread = createRereader();
  const tell = createFailureLog(logger, clock, {
    failed: 'the files of the cluster cannot be used, what they held before stays in use',
    recovered: 'the files of the cluster can be used again',
  });

  const replace = async (next: ClusterConfig) => {
    const previous = connection;
    cluster = next;
    connection = open(previous.keptToken?.());
    await previous.close();
    logger.info({ files: next.files?.paths }, 'files of the cluster have changed: they are used from now on');
  };

  const poll: Poll = async (signal) => {
    if (!cluster.files) return connection.poll(signal);
    const read = await reread(cluster.files, signal);
    if (!signal.aborted) {
      tell(read.ok ? undefined : { reason: 'files', message: read.problems.join('; '), remedy });
      if (read.ok && read.cluster !== cluster) await replace(read.cluster);
    }
    return { ...(await connection.poll(signal)), filesRead: read.ok };
  };
  return { cluster: () => cluster, poll, close: () => connection.close() };
}

const remedy = 'put each file there whole; the next poll reads them again';
