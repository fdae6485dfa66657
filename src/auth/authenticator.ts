import type { AuthenticationMethod, BasicConfig } from '../config/config.ts';
import type { AuthFailureReason, Failure, FailureProblem } from '../failure.ts';
import { omitUndefined } from '../omit-undefined.ts';
import type { Answer, Reply } from '../transport/reply.ts';
import type { TokenTimes } from './token.ts';
import type { TokenRequest } from './token-endpoint.ts';

/** Sends one request to the cluster with the given headers. Never rejects. */
export type Send = (headers: Readonly<Record<string, string>>) => Promise<Reply>;

export interface Authenticator {
  readonly method: AuthenticationMethod;
  /** Calls `send` with the headers that authenticate the request, at most twice. Never rejects. */
  readonly authenticate: (send: Send, signal: AbortSignal) => Promise<Authenticated>;
}

export interface Authenticated {
  /** The reply to the last request; absent if none was sent because there was no token. */
  readonly reply?: Reply;
  /** Whether any request was sent, to the cluster or to the identity provider. */
  readonly requested: boolean;
  /** What is wrong with authentication, also if the cluster accepted a token. */
  readonly failure?: Failure<AuthFailureReason>;
  /** The times of the last token obtained, in use or not. */
  readonly token?: TokenTimes;
  readonly tokenRequests: readonly TokenRequest[];
}

/** Returns the answer if it is a 401, which means the same to every method: the credentials are missing or wrong. */
export function unauthorized(reply: Reply): Answer | undefined {
  return reply.kind === 'answer' && reply.status === 401 ? reply : undefined;
}

export function forbiddenBy(reply: Reply): Failure<'forbidden'> | undefined {
  return reply.kind === 'answer' && reply.status === 403
    ? refusal(reply, 'forbidden', { kind: 'forbidden' })
    : undefined;
}

/** Describes an answer of the cluster that refuses the request. `said` is redacted and one line, empty for nothing. */
export function refusal<Reason extends AuthFailureReason>(
  { url, status }: Answer,
  reason: Reason,
  problem: FailureProblem,
  said = '',
): Failure<Reason> {
  const request = { to: 'cluster', url: url.href } as const;
  return { reason, problem, request, status, ...omitUndefined({ said: said || undefined }) };
}

/** HTTP Basic authentication (RFC 7617), in UTF-8. */
export function createBasic({ username, password }: BasicConfig): Authenticator {
  return {
    method: 'basic',
    authenticate: async (send) => {
      const credentials = Buffer.from(`${username}:${password.open()}`, 'utf8').toString('base64');
      const reply = await send({ authorization: `Basic ${credentials}` });
      return authenticated(reply, 'credentials_rejected', { kind: 'password_refused', username });
    },
  };
}

export const none: Authenticator = {
  method: 'none',
  authenticate: async (send) => authenticated(await send({}), 'authentication_required', { kind: 'no_credentials' }),
};

/** `reason` and `problem` are those of a 401. */
function authenticated(reply: Reply, reason: AuthFailureReason, problem: FailureProblem): Authenticated {
  const answer = unauthorized(reply);
  const failure = answer ? refusal(answer, reason, problem) : forbiddenBy(reply);
  return { reply, requested: true, tokenRequests: [], ...omitUndefined({ failure }) };
}
