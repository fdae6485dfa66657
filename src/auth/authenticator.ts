import type { AuthenticationMethod, BasicConfig } from '../config/config.ts';
import type { Sent } from '../zeebe/client.ts';
import type { AuthFailure } from './auth-failure.ts';
import type { TokenTimes } from './token.ts';
import type { TokenRequest } from './token-endpoint.ts';

/** Sends one request to the cluster with the headers given. Never rejects. */
export type Send = (headers: Readonly<Record<string, string>>) => Promise<Sent>;

export interface Authenticator {
  readonly method: AuthenticationMethod;
  /** Turns one send into an authenticated one, twice at most. Never rejects. */
  readonly authenticate: (send: Send, signal: AbortSignal) => Promise<Authenticated>;
}

export interface Authenticated {
  /** What came of the last send; absent where there was nothing to authenticate with. */
  readonly sent?: Sent;
  /** Whether anything was sent, to the cluster or to the identity provider. */
  readonly requested: boolean;
  /** What is wrong with authentication, also where the old token still served. */
  readonly failure?: AuthFailure;
  /** Of the last token obtained, in use or not. */
  readonly token?: TokenTimes;
  readonly tokenRequests: readonly TokenRequest[];
}

/** The refusals that mean the same to every method. */
export function isRefused(sent: Sent): boolean {
  return sent.kind === 'answer' && sent.answer.status === 401;
}

export function forbiddenBy(sent: Sent): AuthFailure | undefined {
  if (sent.kind !== 'answer' || sent.answer.status !== 403) return undefined;
  return {
    reason: 'forbidden',
    message: `GET ${sent.answer.url} answered 403`,
    remedy: 'the cluster knows the client and does not let it read: grant it access, or check what stands in front',
  };
}

/** RFC 7617, in UTF-8. */
export function createBasic({ username, password }: BasicConfig): Authenticator {
  return {
    method: 'basic',
    authenticate: async (send) => {
      const credentials = Buffer.from(`${username}:${password.open()}`, 'utf8').toString('base64');
      const sent = await send({ authorization: `Basic ${credentials}` });
      const failure = isRefused(sent)
        ? ({
            reason: 'credentials_rejected',
            message: `the cluster answered 401 to the user name ${JSON.stringify(username)} and its password`,
            remedy:
              'check basic_auth (CAMUNDA_BASIC_AUTH_USERNAME, CAMUNDA_BASIC_AUTH_PASSWORD); ' +
              'a cluster that asks for OIDC refuses every password and wants oauth2',
          } as const)
        : forbiddenBy(sent);
      return { sent, requested: true, ...(failure && { failure }), tokenRequests: [] };
    },
  };
}

export const none: Authenticator = {
  method: 'none',
  authenticate: async (send) => {
    const sent = await send({});
    const failure = isRefused(sent)
      ? ({
          reason: 'authentication_required',
          message: 'the cluster answered 401 and no credentials are set',
          remedy:
            'set basic_auth (CAMUNDA_BASIC_AUTH_USERNAME, CAMUNDA_BASIC_AUTH_PASSWORD) ' +
            'or oauth2 (CAMUNDA_CLIENT_ID, CAMUNDA_CLIENT_SECRET), whichever the cluster asks for',
        } as const)
      : forbiddenBy(sent);
    return { sent, requested: true, ...(failure && { failure }), tokenRequests: [] };
  },
};
