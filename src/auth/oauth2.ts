import type { AuthFailureReason, Failure } from '../failure.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { singleLine } from '../redact.ts';
import { problemText } from '../transport/problem-details.ts';
import type { Answer, Reply } from '../transport/reply.ts';
import {
  type Authenticated,
  type Authenticator,
  forbiddenBy,
  refusal,
  type Send,
  unauthorized,
} from './authenticator.ts';
import type { ClusterTokens } from './cluster-tokens.ts';
import type { Token } from './token.ts';
import type { Acquired } from './token-cache.ts';

/**
 * Another token is requested after this many 403s in a row. Most 403s are about the client and a new token does not
 * change them, but the roles of a client are in its token, and gateways in front of a cluster answer a revoked token
 * with 403 too. With three, a gateway that restarts or a rule that is being changed costs no token request.
 */
const maxForbidden = 3;

/**
 * Sends a bearer token (RFC 6750) with every request. Requests another token if the cluster refuses it (401), or
 * forbids several times in a row (403). `audience` is the configured one, if any.
 */
export function createOAuth2(audience: string | undefined, tokens: ClusterTokens): Authenticator {
  const { sendWith, isForbiddenOften } = createTokenSender(tokens);

  /** For a token that was just issued: starts the cool-down, as another one would be refused, too. */
  const refuse = (token: Token, answer: Answer): Failure<AuthFailureReason> => {
    const failure = forbiddenBy(answer) ?? refusalOf(token, answer, audience);
    tokens.refused(failure);
    return failure;
  };

  return {
    method: 'oauth2',
    authenticate: async (send, signal) => {
      const first = await tokens.acquire(signal);
      if (!first.token) return outcome(tokens, [first], undefined, first.failure);

      const reply = await sendWith(first.token, send);
      const refused = unauthorized(reply);
      const forbidden = forbiddenBy(reply);
      const another = refused ? tokens.replace : forbidden && isForbiddenOften() ? tokens.tryAnother : undefined;
      const isNew = (first.requested && !first.failure) || tokens.isNew(first.token);
      if (isNew || !another) {
        const failure = refused ? refuse(first.token, refused) : (forbidden ?? first.failure);
        return outcome(tokens, [first], reply, failure);
      }
      const second = await another(first.token, signal);
      if (!second.token || second.failure) {
        return outcome(tokens, [first, second], reply, forbidden ?? second.failure);
      }
      const again = await sendWith(second.token, send);
      const isRefusedAgain = again.kind === 'answer' && (again.status === 401 || again.status === 403);
      return outcome(tokens, [first, second], again, isRefusedAgain ? refuse(second.token, again) : undefined);
    },
  };
}

interface TokenSender {
  readonly sendWith: (token: Token, send: Send) => Promise<Reply>;
  readonly isForbiddenOften: () => boolean;
}

/** Sends tokens, and counts the 403s since the cluster last accepted one. */
function createTokenSender(tokens: ClusterTokens): TokenSender {
  let forbidden = 0;
  return {
    sendWith: async ({ accessToken }, send) => {
      const reply = await send({ authorization: `Bearer ${accessToken.open()}` });
      if (forbiddenBy(reply)) forbidden++;
      if (reply.status === 200) {
        forbidden = 0;
        tokens.accepted();
      }
      return reply;
    },
    isForbiddenOften: () => forbidden >= maxForbidden,
  };
}

function outcome(
  tokens: ClusterTokens,
  acquired: readonly Acquired[],
  reply: Reply | undefined,
  failure: Failure<AuthFailureReason> | undefined,
): Authenticated {
  return {
    requested: reply !== undefined || acquired.some(({ requested }) => requested),
    tokenRequests: [...tokens.takeUnclaimed(), ...acquired.flatMap(({ request }) => request ?? [])],
    ...omitUndefined({ reply, failure, token: tokens.times() }),
  };
}

/** Tells why the cluster refuses a token that was just issued: more often than not because of its audience. */
function refusalOf({ audiences }: Token, answer: Answer, configured: string | undefined): Failure<AuthFailureReason> {
  const { wwwAuthenticate, body, masked } = answer;
  const said = singleLine(masked(`${wwwAuthenticate} ${problemText(answer)}`));
  const lacksConfigured = configured !== undefined && audiences !== undefined && !audiences.includes(configured);
  const isAboutAudience = lacksConfigured || /audience|claims/i.test(`${wwwAuthenticate} ${body}`);
  const facts = omitUndefined({ audiences, configuredAudience: configured });
  return isAboutAudience
    ? refusal(answer, 'audience_mismatch', { kind: 'token_for_another_audience', ...facts }, said)
    : refusal(answer, 'token_rejected', { kind: 'token_refused', ...facts }, said);
}
