import type { Logger } from 'pino';
import type { KeptToken } from './auth/token-source.ts';
import type { Clock } from './clock.ts';
import type { ClusterConfig } from './config/config.ts';
import { createRereader } from './config/reread.ts';
import { type Connection, connect } from './connect.ts';
import { createFailureLog } from './poll/failure-log.ts';
import type { Admit, Poll } from './poll/poll.ts';

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
