import type { OAuth2Config } from '../config/config.ts';
import { type TransportFailureReason, transportFailureOf } from '../transport/failure.ts';
import { type InvolvedProxy, type Requested, remedyWithProxy } from '../transport/involved-proxy.ts';
import { oneLine } from '../transport/one-line.ts';
import { type Exchange, jsonObject } from './exchange.ts';
import type { AuthFailure, TokenFailureReason } from './failure.ts';

type TokenFailure = AuthFailure<TokenFailureReason>;

/** No whole answer came, and the proxy may be at fault. `asked` names the request: `POST https://…` or `discovery from issuer https://…`. */
export function unanswered(
  error: unknown,
  asked: string,
  requested?: Requested,
): { readonly failure: TokenFailure; readonly proxy?: InvolvedProxy } {
  const { reason, message, proxy } = transportFailureOf(error, requested);
  const because = becauseOf[reason];
  const remedy = remedyWithProxy(because.remedy, proxy);
  return {
    failure: { reason: because.reason, message: `${asked} failed: ${message}`, remedy },
    ...(proxy && { proxy }),
  };
}

/** Something answered, but not with a token. Never quotes a successful answer: it may hold one. */
export function refusalOf(
  { status, contentType, location, body, hide }: Exchange,
  asked: string,
  config: OAuth2Config,
): TokenFailure {
  const failure = (reason: TokenFailureReason, message: string, remedy: string): TokenFailure => ({
    reason,
    message: `${asked} ${message}`,
    remedy,
  });
  if (status >= 200 && status < 300) {
    return failure(
      'token_response_invalid',
      `answered ${status} with content type ${JSON.stringify(oneLine(hide(contentType)))}, but not with a bearer token`,
      checkUrl,
    );
  }
  if (status < 400) {
    const target = oneLine(hide(location)) || 'nowhere';
    return failure('token_response_invalid', `answered ${status} to ${target}; redirects are not followed`, checkUrl);
  }
  const said = excerpt(body, hide);
  if (status >= 500) {
    return failure('token_endpoint_unreachable', `answered ${status}${said}`, `see the identity provider's own log`);
  }
  if (status === 429) {
    return failure('token_rate_limited', `answered 429${said}`, 'let fewer clients ask for tokens from this address');
  }
  const error = jsonObject(body)?.error;
  switch (error) {
    case 'invalid_client':
    case 'unauthorized_client':
      return failure('invalid_client', `answered ${status}${said}`, checkClient(config));
    case 'invalid_scope':
      return failure(
        'invalid_scope',
        `answered ${status}${said}; asked for scope ${JSON.stringify(config.scopes.join(' '))}`,
        'check oauth2.scopes (CAMUNDA_OAUTH_SCOPE); Microsoft Entra ID wants <application id>/.default',
      );
    default:
      return failure(
        'token_request_rejected',
        `answered ${status}${said}`,
        status === 401 || error === 'access_denied'
          ? checkClient(config)
          : `${checkUrl}, and oauth2.audience (CAMUNDA_TOKEN_AUDIENCE)`,
      );
  }
}

const checkUrl = 'check oauth2.token_url (CAMUNDA_OAUTH_URL) or oauth2.issuer_url';

function checkClient({ clientAuthentication: { method } }: OAuth2Config): string {
  switch (method) {
    case 'client_secret_post':
    case 'client_secret_basic':
      return (
        'check oauth2.client_id and oauth2.client_secret (CAMUNDA_CLIENT_ID, CAMUNDA_CLIENT_SECRET): ' +
        'the secret may have expired or been replaced, or the client may not use client credentials'
      );
    case 'private_key_jwt':
      return (
        'check oauth2.client_id and oauth2.client_certificate_key_file (CAMUNDA_CLIENT_ID, ' +
        'CAMUNDA_CLIENT_ASSERTION_KEYSTORE_PATH): the identity provider must know the public key or its certificate, ' +
        'the key id and the algorithm, both clocks must be right, and the client must be allowed client credentials'
      );
    case 'tls_client_auth':
      return (
        'check oauth2.client_id (CAMUNDA_CLIENT_ID) and oauth2.tls_config.cert_file: the identity provider must know ' +
        'the certificate as that of the client, and the client must be allowed client credentials'
      );
  }
}

const unreachable = {
  reason: 'token_endpoint_unreachable',
  remedy:
    'check that the identity provider runs and can be reached from here, ' +
    'and the address (oauth2.token_url or oauth2.issuer_url, CAMUNDA_OAUTH_URL)',
} as const;

const becauseOf: Readonly<Record<TransportFailureReason, Omit<TokenFailure, 'message'>>> = {
  dns: unreachable,
  connect: unreachable,
  tls: {
    reason: 'token_endpoint_unreachable',
    remedy:
      'check the certificate of the identity provider (oauth2.tls_config.ca_file names the CA of a private one), ' +
      'and where it asks for one, that of the client (oauth2.tls_config.cert_file)',
  },
  timeout: unreachable,
  too_large: { reason: 'token_response_invalid', remedy: checkUrl },
  other: { reason: 'other', remedy: 'an unexpected failure: the message is all that is known' },
};

/** `error` and `error_description` (RFC 6749, 5.2), else the beginning of the text. */
function excerpt(body: string, hide: Exchange['hide']): string {
  const answer = jsonObject(body);
  const parts = [answer?.error, answer?.error_description].filter((part) => typeof part === 'string');
  const text = oneLine(hide(parts.length > 0 ? parts.join(': ') : body));
  return text === '' ? '' : `: ${text}`;
}
