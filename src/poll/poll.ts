import type { AuthFailure } from '../auth/auth-failure.ts';
import type { Authenticated, Authenticator } from '../auth/authenticator.ts';
import type { TokenTimes } from '../auth/token.ts';
import type { TokenRequest } from '../auth/token-endpoint.ts';
import { type Clock, createTurns, withDeadline } from '../clock.ts';
import { type Client, createReader, type Reader, statusOf } from '../zeebe/client.ts';
import type { Topology } from '../zeebe/topology.ts';
import type { PollFailure } from './poll-failure.ts';

export interface PollResult {
  /** Unix time in milliseconds. */
  readonly endedAt: number;
  /** Absent where the poll failed without a request. */
  readonly seconds?: number;
  /** Of the cluster's last answer; absent where there was none. */
  readonly httpStatus?: number;
  readonly outcome: Snapshot | { readonly ok: false; readonly failure: PollFailure };
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
  /** Whether the cluster took the credentials; absent where the poll failed before that was decided. */
  readonly up?: boolean;
  /** Absent where nothing is wrong, or it was not reached. */
  readonly failure?: AuthFailure;
  readonly token?: TokenTimes;
  readonly tokenRequests: readonly TokenRequest[];
}

/** One authenticated GET of the topology. Never rejects; what an aborted signal ends is not worth keeping. */
export type Poll = (signal: AbortSignal) => Promise<PollResult>;

export interface PollOptions {
  readonly client: Client;
  readonly authenticator: Authenticator;
  /** Milliseconds, for the whole poll: token requests too. */
  readonly pollTimeout: number;
  readonly clock: Clock;
  readonly admit?: Admit;
}

/**
 * Says why there is no room for a topology: its poll has failed then. Is called with each poll, without a topology
 * where that has none.
 */
export type Admit = (topology: Topology | undefined) => PollFailure | undefined;

export function createPoll({ client, authenticator, pollTimeout, clock, admit }: PollOptions): Poll {
  const reader = createReader();
  return async (stop) => {
    const startedAt = clock.monotonic();
    let httpStatus: number | undefined;
    const authenticated = await withDeadline(pollTimeout, stop, (signal) =>
      authenticator.authenticate(async (headers) => {
        const sent = await client(headers, signal);
        httpStatus = statusOf(sent) ?? httpStatus;
        return sent;
      }, signal),
    );
    const { failure, token, tokenRequests, requested } = authenticated;
    const turn = createTurns();
    const outcome = admitted(outcomeOf(authenticated, reader.read), admit);
    if (!outcome.ok) reader.forget();
    await turn();
    const up = accepted(authenticated);
    return {
      outcome,
      authentication: {
        ...(up !== undefined && { up }),
        ...(failure && { failure }),
        ...(token && { token }),
        tokenRequests,
      },
      ...(httpStatus !== undefined && { httpStatus }),
      ...(requested && { seconds: (clock.monotonic() - startedAt) / 1000 }),
      endedAt: clock.now(),
    };
  };
}

function admitted(outcome: PollResult['outcome'], admit: Admit | undefined): PollResult['outcome'] {
  const refusal = admit?.(outcome.ok ? outcome.topology : undefined);
  return refusal ? { ok: false, failure: refusal } : outcome;
}

function outcomeOf({ sent, failure }: Authenticated, read: Reader['read']): PollResult['outcome'] {
  if (sent?.kind === 'failure') return { ok: false, failure: sent.failure };
  if (failure && (!sent || sent.answer.status === 401 || sent.answer.status === 403)) {
    return { ok: false, failure: { ...failure, reason: 'auth' } };
  }
  return sent ? read(sent.answer) : { ok: false, failure: withoutReason };
}

/** An authenticator that sends nothing says why: this stands for one that breaks that promise. */
const withoutReason: PollFailure = {
  reason: 'other',
  message: 'no request was sent and no reason given',
  remedy: 'this is a defect of the exporter: please report it',
};

function accepted({ sent }: Authenticated): boolean | undefined {
  if (!sent) return false;
  if (sent.kind === 'failure') return undefined;
  const { status } = sent.answer;
  if (status === 200) return true;
  return status === 401 || status === 403 ? false : undefined;
}
