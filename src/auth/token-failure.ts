import type { OAuth2Config } from '../config/config.ts';
import { oneLine } from '../redact.ts';
import { type InvolvedProxy, type Requested, remedyWithProxy } from '../transport/proxy.ts';
import { type TransportFailureReason, transportFailureOf } from '../transport/transport-failure.ts';
import type { AuthFailure, TokenFailureReason } from './auth-failure.ts';
import {
  type Exchange,
  errorOf,
  jsonObject,
  maxBodyBytes,
  type TokenProblem,
  tokenProblemOf,
} from './token-request.ts';

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

/** Something answered, but not with a token. Quotes of a successful answer only what is an error: it may hold a token. */
export function refusalOf(exchange: Exchange, asked: string, config: OAuth2Config): TokenFailure {
  const { status, location, body, hide } = exchange;
  const failure = failureOf(`${asked} answered ${status}`);
  const answer = jsonObject(body);
  const isSuccess = status >= 200 && status < 300;
  const error = isSuccess ? errorOf(answer) : answer?.error;
  if (isSuccess && error === undefined) return noToken(exchange, asked);
  if (!isSuccess && status < 400) {
    const target = oneLine(hide(location)) || 'nowhere';
    return failure('token_response_invalid', ` to ${target}; redirects are not followed`, checkUrl);
  }
  const said = excerpt(exchange);
  if (status >= 500) return failure('token_endpoint_unreachable', said, `see the identity provider's own log`);
  if (status === 429) return failure('token_rate_limited', said, 'let fewer clients ask for tokens from this address');
  switch (error) {
    case 'invalid_client':
    case 'unauthorized_client':
      return failure('invalid_client', said, checkClient(config));
    case 'invalid_scope':
      return failure(
        'invalid_scope',
        `${said}; asked for scope ${JSON.stringify(config.scopes.join(' '))}`,
        'check oauth2.scopes (CAMUNDA_OAUTH_SCOPE); Microsoft Entra ID wants <application id>/.default',
      );
    default:
      return failure(
        'token_request_rejected',
        said,
        status === 401 || error === 'access_denied'
          ? checkClient(config)
          : `${checkUrl}, and oauth2.audience (CAMUNDA_TOKEN_AUDIENCE)`,
      );
  }
}

function failureOf(beginning: string) {
  return (reason: TokenFailureReason, message: string, remedy: string): TokenFailure => ({
    reason,
    message: `${beginning}${message}`,
    remedy,
  });
}

function noToken(exchange: Exchange, asked: string): TokenFailure {
  const { status, contentType, body, isUtf8, hide } = exchange;
  const failure = failureOf(`${asked} answered ${status}`);
  const unreadable = unreadableBody(exchange);
  if (unreadable) return failure('token_response_invalid', ` with ${unreadable.message}`, unreadable.remedy);
  const answer = jsonObject(body);
  const problem = !isUtf8 ? notUtf8 : answer && status === 200 ? tokenProblemOf(answer) : undefined;
  return failure(
    'token_response_invalid',
    ` with content type ${JSON.stringify(oneLine(hide(contentType)))}, but not with a bearer token` +
      `${problem ? `: ${oneLine(hide(problem.message))}` : ''}`,
    problem?.remedy ?? checkUrl,
  );
}

/** RFC 8259, 8.1. */
const notUtf8: TokenProblem = { message: 'it is not UTF-8' };

/** What came instead of a body that could be read, and what to do about it; undefined where one could. */
export function unreadableBody({
  undecoded,
  hide,
}: Exchange): { readonly message: string; readonly remedy: string } | undefined {
  if (undecoded === undefined) return undefined;
  const { coding, problem } = undecoded;
  if (problem === 'too_large') return { message: `a body of more than ${maxBodyBytes} bytes`, remedy: checkUrl };
  const encoding = `content encoding ${JSON.stringify(oneLine(hide(coding)))}`;
  const message =
    problem === 'malformed'
      ? `${encoding}, but the body is not encoded so`
      : `${encoding}, expected identity, gzip, deflate, br or zstd`;
  return { message, remedy: noCompression };
}

const noCompression =
  'turn off compression at the identity provider or in the proxy in front of it: the exporter asks for none';

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
function excerpt(exchange: Exchange): string {
  const { body, hide } = exchange;
  const unreadable = unreadableBody(exchange);
  if (unreadable) return ` with ${unreadable.message}`;
  const answer = jsonObject(body);
  const parts = [answer?.error, answer?.error_description].filter((part) => typeof part === 'string');
  const text = oneLine(hide(parts.length > 0 ? parts.join(': ') : body));
  return text === '' ? '' : `: ${text}`;
}
