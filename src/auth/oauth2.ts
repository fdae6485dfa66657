import { oneLine } from '../transport/one-line.ts';
import type { Sent } from '../zeebe/client.ts';
import { type Authenticated, type Authenticator, forbiddenBy, isRefused } from './authenticator.ts';
import type { AuthFailure } from './failure.ts';
import type { Token } from './token.ts';
import type { Acquired, TokenSource } from './token-source.ts';

/**
 * A bearer token (RFC 6750) with every request, and another one where the cluster refuses it. `audience` is the one
 * configured, if any.
 */
export function createOAuth2(audience: string | undefined, tokens: TokenSource): Authenticator {
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

  const refuse = (token: Token, sent: Sent): AuthFailure => {
    const failure = refusalOf(token, sent, audience);
    tokens.refused(failure);
    return failure;
  };

  return {
    method: 'oauth2',
    authenticate: async (send, signal) => {
      const first = await tokens.acquire(signal);
      if (!first.token) return outcome([first], undefined, first.failure);

      const sent = await send(bearer(first.token));
      if (isAccepted(sent)) tokens.accepted();
      if (!isRefused(sent)) return outcome([first], sent, forbiddenBy(sent) ?? first.failure);
      if (first.asked && !first.failure) return outcome([first], sent, refuse(first.token, sent));

      const second = await tokens.replace(first.token, signal);
      if (!second.token) return outcome([first, second], sent, second.failure);

      const again = await send(bearer(second.token));
      if (isAccepted(again)) tokens.accepted();
      const failure = isRefused(again) ? refuse(second.token, again) : forbiddenBy(again);
      return outcome([first, second], again, failure);
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
