import type { Authenticated, Authenticator } from '../auth/authenticator.ts';
import type { TokenTimes } from '../auth/token.ts';
import type { TokenRequest } from '../auth/token-endpoint.ts';
import { type Clock, createYielder, withDeadline } from '../clock.ts';
import type { PhysicalTenants } from '../config/config.ts';
import type { AuthFailureReason, Failure, PollFailureReason } from '../failure.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { type Client, createReader, type Reader } from '../zeebe/client.ts';
import type { Topology } from '../zeebe/topology.ts';
import type { SeriesLimit } from './series-limit.ts';

export interface PollResult {
  /** Unix time in milliseconds. */
  readonly endedAt: number;
  /** Absent if the poll failed without a request. */
  readonly seconds?: number;
  /** The status of the cluster's last answer; absent if there was none. */
  readonly httpStatus?: number;
  readonly outcome: Snapshot | { readonly ok: false; readonly failure: Failure<PollFailureReason> };
  readonly authentication: AuthenticationResult;
  readonly certificates: CertificateExpiries;
  /** Whether the files of the cluster could be read and used for this poll; absent where it has none. */
  readonly filesRead?: boolean;
}

/**
 * When the first certificate of a chain expires, Unix time in milliseconds: of the chains that the servers presented,
 * and of those configured for the client. Absent where there is none, or it has not been seen yet.
 */
export interface CertificateExpiries {
  readonly clusterServer?: number;
  readonly clusterClient?: number;
  readonly tokenServer?: number;
  readonly tokenClient?: number;
}

export interface Snapshot {
  readonly ok: true;
  readonly topology: Topology;
  /** Absent without a limit. */
  readonly seriesLimit?: SeriesLimit;
}

export interface AuthenticationResult {
  /** Whether the cluster accepted the credentials; absent if the poll failed before that was decided. */
  readonly up?: boolean;
  /** Absent if nothing is wrong, or authentication was not reached. */
  readonly failure?: Failure<AuthFailureReason>;
  readonly token?: TokenTimes;
  readonly tokenRequests: readonly TokenRequest[];
}

/** Sends one authenticated GET of the topology. Never rejects. The result of an aborted poll is of no use. */
export type Poll = (signal: AbortSignal) => Promise<PollResult>;

/** What a poll needs of the connection to a cluster. */
export interface PolledConnection {
  readonly client: Client;
  readonly authenticator: Authenticator;
  /**
   * The expiries known by now. May open one more connection, for at most `timeLeft` milliseconds, to see a certificate
   * that was refused. Never rejects.
   */
  readonly certificates: (timeLeft: number, signal: AbortSignal) => Promise<CertificateExpiries>;
  /** As in the result of the poll. */
  readonly filesRead?: boolean;
}

export interface PollOptions {
  /** Returns the connection for the poll that begins. Never rejects. */
  readonly connection: (signal: AbortSignal) => Promise<PolledConnection>;
  /** Milliseconds, for the whole poll including token requests. */
  readonly pollTimeout: number;
  /** As the client of the connection. */
  readonly physicalTenants?: PhysicalTenants | undefined;
  readonly clock: Clock;
  /** By default, every topology is admitted. */
  readonly admit?: Admit;
}

/** Decides whether a topology can be exposed. Called in each poll, without a topology where the poll failed before. */
export type Admit = (topology: Topology | undefined) => Admission;

export type Admission =
  | { readonly ok: true; readonly seriesLimit?: SeriesLimit }
  /** The poll fails with this. */
  | { readonly ok: false; readonly failure: Failure<PollFailureReason> };

export function createPoll(options: PollOptions): Poll {
  const { connection, pollTimeout, physicalTenants, clock, admit = () => ({ ok: true }) } = options;
  const reader = createReader(physicalTenants);
  return async (stop) => {
    const { client, authenticator, certificates, filesRead } = await connection(stop);
    const startedAt = clock.monotonic();
    let httpStatus: number | undefined;
    const authenticated = await withDeadline(pollTimeout, stop, (signal) =>
      authenticator.authenticate(async (headers) => {
        const reply = await client(headers, signal);
        httpStatus = reply.status ?? httpStatus;
        return reply;
      }, signal),
    );
    const yieldWhenBusy = createYielder();
    const outcome = admitted(await outcomeOf(authenticated, reader.read), admit);
    if (!outcome.ok) reader.forget();
    await yieldWhenBusy();
    const endedAt = clock.now();
    const duration = clock.monotonic() - startedAt;
    return {
      endedAt,
      outcome,
      authentication: authenticationResult(authenticated),
      // Within the time of this poll, so that the next one is not late.
      certificates: await certificates(Math.max(pollTimeout - duration, 0), stop),
      ...omitUndefined({ seconds: authenticated.requested ? duration / 1000 : undefined, httpStatus, filesRead }),
    };
  };
}

function admitted(outcome: PollResult['outcome'], admit: Admit): PollResult['outcome'] {
  const admission = admit(outcome.ok ? outcome.topology : undefined);
  if (!outcome.ok) return outcome;
  return admission.ok ? { ...outcome, ...admission } : admission;
}

async function outcomeOf(authenticated: Authenticated, read: Reader['read']): Promise<PollResult['outcome']> {
  const { reply, failure } = authenticated;
  if (failure && accepted(authenticated) === false) return { ok: false, failure: { ...failure, reason: 'auth' } };
  return reply ? read(reply) : { ok: false, failure: { reason: 'other', problem: { kind: 'nothing_sent' } } };
}

function authenticationResult(authenticated: Authenticated): AuthenticationResult {
  const { failure, token, tokenRequests } = authenticated;
  return { tokenRequests, ...omitUndefined({ up: accepted(authenticated), failure, token }) };
}

/** Tells whether the cluster accepted the credentials; undefined if its answer does not tell, or there is none. */
function accepted({ reply }: Authenticated): boolean | undefined {
  if (!reply) return false;
  if (reply.kind === 'no_answer') return undefined;
  if (reply.status === 200) return true;
  return reply.status === 401 || reply.status === 403 ? false : undefined;
}
