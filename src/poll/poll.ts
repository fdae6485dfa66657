import type { Authenticated, Authenticator } from '../auth/authenticator.ts';
import type { TokenTimes } from '../auth/token.ts';
import type { TokenRequest } from '../auth/token-endpoint.ts';
import { type Clock, createTurns, withDeadline } from '../clock.ts';
import type { AuthFailureReason, Failure, PollFailureReason } from '../failure.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { type Client, createReader, type Reader } from '../zeebe/client.ts';
import type { Topology } from '../zeebe/topology.ts';

export interface PollResult {
  /** Unix time in milliseconds. */
  readonly endedAt: number;
  /** Absent if the poll failed without a request. */
  readonly seconds?: number;
  /** The status of the cluster's last answer; absent if there was none. */
  readonly httpStatus?: number;
  readonly outcome: Snapshot | { readonly ok: false; readonly failure: Failure<PollFailureReason> };
  readonly authentication: AuthenticationResult;
  /** As far as they are known by now. */
  readonly certificates?: CertificateExpiries;
  /** Whether the files of the cluster could be read and used before the poll; absent where it has none. */
  readonly filesRead?: boolean;
}

/**
 * When the first certificate of a chain expires, Unix time in milliseconds: of those that a server has shown, and of
 * the client's own. Absent where there is none.
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

export interface PollOptions {
  readonly client: Client;
  readonly authenticator: Authenticator;
  /** Milliseconds for the whole poll, token requests included. */
  readonly pollTimeout: number;
  readonly clock: Clock;
  readonly admit?: Admit;
}

/**
 * Tells why there is no room for a topology, whose poll then fails. Called once per poll, without a topology if the poll
 * has failed.
 */
export type Admit = (topology: Topology | undefined) => Failure<PollFailureReason> | undefined;

export function createPoll({ client, authenticator, pollTimeout, clock, admit }: PollOptions): Poll {
  const reader = createReader();
  return async (stop) => {
    const startedAt = clock.monotonic();
    let httpStatus: number | undefined;
    const authenticated = await withDeadline(pollTimeout, stop, (signal) =>
      authenticator.authenticate(async (headers) => {
        const reply = await client(headers, signal);
        httpStatus = reply.status ?? httpStatus;
        return reply;
      }, signal),
    );
    const turn = createTurns();
    const outcome = admitted(outcomeOf(authenticated, reader.read), admit);
    if (!outcome.ok) reader.forget();
    await turn();
    const { failure, token, tokenRequests, requested } = authenticated;
    const seconds = requested ? (clock.monotonic() - startedAt) / 1000 : undefined;
    return {
      outcome,
      authentication: { tokenRequests, ...omitUndefined({ up: accepted(authenticated), failure, token }) },
      endedAt: clock.now(),
      ...omitUndefined({ httpStatus, seconds }),
    };
  };
}

function admitted(outcome: PollResult['outcome'], admit: Admit | undefined): PollResult['outcome'] {
  const refusal = admit?.(outcome.ok ? outcome.topology : undefined);
  return refusal ? { ok: false, failure: refusal } : outcome;
}

function outcomeOf(authenticated: Authenticated, read: Reader['read']): PollResult['outcome'] {
  const { reply, failure } = authenticated;
  if (failure && accepted(authenticated) === false) return { ok: false, failure: { ...failure, reason: 'auth' } };
  return reply ? read(reply) : { ok: false, failure: { reason: 'other', problem: { kind: 'nothing_sent' } } };
}

/** Tells whether the cluster accepted the credentials; undefined if its answer does not tell, or there is none. */
function accepted({ reply }: Authenticated): boolean | undefined {
  if (!reply) return false;
  if (reply.kind === 'no_answer') return undefined;
  if (reply.status === 200) return true;
  return reply.status === 401 || reply.status === 403 ? false : undefined;
}
