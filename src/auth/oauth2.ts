import { oneLine } from '../redact.ts';
import type { Sent } from '../zeebe/client.ts';
import type { AuthFailure } from './auth-failure.ts';
import { type Authenticated, type Authenticator, forbiddenBy, isRefused, type Send } from './authenticator.ts';
import type { Token } from './token.ts';
import type { Acquired, TokenSource } from './token-cache.ts';

/**
 * Most 403s are about the client and no new token changes them, so one alone asks for none. But the roles of a client
 * are in its token, and gateways in front of a cluster answer a revoked token with 403 too. Three, so that a gateway
 * that restarts or a rule that is being changed costs no token request.
 */
const forbiddenUntilAnother = 3;

/**
 * A bearer token (RFC 6750) with every request, and another one where the cluster refuses it, or forbids several times
 * in a row. `audience` is the one configured, if any.
 */
export function createOAuth2(audience: string | undefined, tokens: TokenSource): Authenticator {
  /** 403s since the cluster last took a token. */
  let forbidden = 0;

  const outcome = (
    acquired: readonly Acquired[],
    sent: Sent | undefined,
    failure: AuthFailure | undefined,
  ): Authenticated => {
    const token = tokens.times();
    return {
      ...(sent && { sent }),
      ...(failure && { failure }),
      ...(token && { token }),
      requested: sent !== undefined || acquired.some(({ asked }) => asked),
      tokenRequests: acquired.flatMap(({ request }) => request ?? []),
    };
  };

  const sendWith = async (token: Token, send: Send): Promise<Sent> => {
    const sent = await send(bearer(token));
    if (forbiddenBy(sent)) forbidden++;
    if (isAccepted(sent)) {
      forbidden = 0;
      tokens.accepted();
    }
    return sent;
  };

  /** The cluster refuses or forbids with a token that is new. */
  const refuse = (token: Token, sent: Sent): AuthFailure => {
    const failure = forbiddenBy(sent) ?? refusalOf(token, sent, audience);
    tokens.refused(failure);
    return failure;
  };

  return {
    method: 'oauth2',
    authenticate: async (send, signal) => {
      const first = await tokens.acquire(signal);
      if (!first.token) return outcome([first], undefined, first.failure);

      const sent = await sendWith(first.token, send);
      const forbids = forbiddenBy(sent);
      const mayBeStale = forbids !== undefined && forbidden >= forbiddenUntilAnother;
      const another = isRefused(sent) ? tokens.replace : mayBeStale ? tokens.tryAnother : undefined;
      const isNew = first.asked && !first.failure;
      if (isNew || !another) {
        return outcome([first], sent, isRefused(sent) ? refuse(first.token, sent) : (forbids ?? first.failure));
      }

      const second = await another(first.token, signal);
      if (!second.token || second.failure) return outcome([first, second], sent, forbids ?? second.failure);

      const again = await sendWith(second.token, send);
      const isRefusedAgain = isRefused(again) || forbiddenBy(again);
      return outcome([first, second], again, isRefusedAgain ? refuse(second.token, again) : undefined);
    },
  };
}

function bearer({ accessToken }: Token): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${accessToken.open()}` };
}

function isAccepted(sent: Sent): boolean {
  return sent.kind === 'answer' && sent.answer.status === 200;
}

/** Why the cluster refuses a token that the provider has just given: the audience more often than not. */
function refusalOf({ audiences }: Token, sent: Sent, wanted: string | undefined): AuthFailure {
  const answered = sent.kind === 'answer' ? sent.answer.hide(`${sent.answer.wwwAuthenticate} ${sent.answer.body}`) : '';
  const said = oneLine(answered);
  const has =
    audiences === undefined ? 'unknown audiences (it is opaque)' : `audiences ${oneLine(JSON.stringify(audiences))}`;
  const message =
    `the cluster answered 401 to a new token; the token has ${has}, ` +
    `${wanted === undefined ? 'none is configured' : `configured is ${JSON.stringify(wanted)}`}` +
    `${said === '' ? '' : `; the cluster said: ${said}`}`;

  const lacksWanted = wanted !== undefined && audiences !== undefined && !audiences.includes(wanted);
  if (lacksWanted || /audience|claims/i.test(answered)) {
    return {
      reason: 'audience_mismatch',
      message,
      remedy:
        'the identity provider must put the audience that the cluster expects into the token: set oauth2.audience ' +
        '(CAMUNDA_TOKEN_AUDIENCE), in Keycloak an audience mapper on the client, in Entra ID oauth2.scopes ' +
        '(CAMUNDA_OAUTH_SCOPE) to <application id>/.default',
    };
  }
  return {
    reason: 'token_rejected',
    message,
    remedy:
      'check that the cluster trusts this identity provider (issuer, signing keys) and that both clocks are right',
  };
}
