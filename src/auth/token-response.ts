import { allowInsecureRequests, type CustomFetchOptions, customFetch } from 'oauth4webapi';
import type { Dispatcher } from 'undici';
import type { Clock } from '../clock.ts';
import type { OAuth2Config } from '../config/config.ts';
import type {
  FailedRequest,
  Failure,
  FailureProblem,
  TokenDefect,
  TokenFailureReason,
  TokenRequestRefused,
  TransportFailureReason,
  Unanswered,
} from '../failure.ts';
import { type Json, jsonObject } from '../json.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { secretsInHeader, singleLine } from '../redact.ts';
import { problemText } from '../transport/problem-details.ts';
import { type Answer, type Reply, type RequestOptions, send, unreadableBody } from '../transport/reply.ts';
import { transportFailureOf } from '../transport/transport-failure.ts';
import { isTime } from './token.ts';

/** What requests to an identity provider have in common. */
export interface OAuthContext {
  readonly config: OAuth2Config;
  /** Creates the dispatcher of one request, each of whose phases may take `timeout` milliseconds. */
  readonly connect: (timeout: number) => Dispatcher;
  readonly clock: Clock;
  /** The parts of the requests that no text may show. Assertions are not in it: each request has its own. */
  readonly secrets: readonly string[];
}

/** How long a request to an identity provider may take. */
export interface TimeLimit {
  readonly signal: AbortSignal;
  /** Milliseconds that each phase of the request may take. */
  readonly timeout: number;
}

/** Bytes. Tokens and discovery documents have some kilobytes. */
const maxBytes = 1024 * 1024;

export interface RecordingFetch {
  /** Options of one request by oauth4webapi. */
  readonly options: {
    readonly signal: AbortSignal;
    readonly [allowInsecureRequests]: true;
    readonly [customFetch]: (
      url: string,
      init: CustomFetchOptions<'GET' | 'POST', URLSearchParams | undefined>,
    ) => Promise<Response>;
  };
  /** Returns the reply to the request as it came; undefined if none was sent. */
  readonly reply: () => Reply | undefined;
}

/**
 * Sends a request for oauth4webapi and records the reply, since the errors of oauth4webapi tell less and may hold the
 * token. Passes on what `rewrite` returns for the JSON object of a 200.
 */
export function recordingFetch(
  { config, connect, secrets }: OAuthContext,
  { signal, timeout }: TimeLimit,
  rewrite: (fields: Json) => unknown,
): RecordingFetch {
  let reply: Reply | undefined;
  return {
    reply: () => reply,
    options: {
      signal,
      // Identity providers inside a Kubernetes cluster are often reached over plain HTTP.
      [allowInsecureRequests]: true,
      [customFetch]: async (url, { method, headers, body }) => {
        const assertions = body?.getAll('client_assertion') ?? [];
        reply = await sendOnce({
          method,
          url: new URL(url),
          headers: { ...headers, 'accept-encoding': 'identity' },
          secrets: [...secrets, ...assertions, ...secretsInHeader(headers.authorization ?? '')],
          transport: config.transport,
          ...omitUndefined({ body: body?.toString() }),
          maxBytes,
          dispatcher: connect(timeout),
          signal,
        });
        if (reply.kind === 'no_answer') throw new Error('no whole answer arrived');
        return rewritten(reply, rewrite);
      },
    },
  };
}

/** Sends a request with a dispatcher of its own, and destroys it in the end. */
async function sendOnce(options: RequestOptions): Promise<Reply> {
  const reply = await send(options);
  await options.dispatcher.destroy();
  return reply;
}

/** Leaves out the headers and deviations that oauth4webapi refuses; the body is empty unless it is a JSON object. */
function rewritten({ status, body, isUtf8 }: Answer, rewrite: (fields: Json) => unknown): Response {
  const fields = status === 200 && isUtf8 ? jsonObject(body) : undefined;
  return new Response(fields ? JSON.stringify(rewrite(fields)) : null, {
    status,
    headers: { 'content-type': 'application/json' },
  });
}

/**
 * Returns the fields of a token response that matter, as RFC 6749, 5.1 defines them; none if it holds no bearer token.
 * Accepts what some identity providers do: they leave out `token_type`, send null for absent fields, or a lifetime that
 * makes no sense.
 */
export function essentialsOf(response: Json): unknown {
  if (tokenDefectOf(response)) return {};
  const { access_token, expires_in } = response;
  const seconds = typeof expires_in === 'string' ? Number(expires_in) : expires_in;
  return { access_token, token_type: 'Bearer', expires_in: isTime(seconds) ? seconds : undefined };
}

/** Returns undefined if the response holds a token that can be sent. The type that it names is not redacted. */
function tokenDefectOf({ access_token, token_type }: Json): TokenDefect | undefined {
  if (typeof access_token !== 'string' || access_token === '') return { kind: 'no_access_token' };
  const { length } = access_token;
  if (length > maxTokenLength) return { kind: 'too_long', length, maxLength: maxTokenLength };
  const misplaced = access_token.search(/[^\x21-\x7e]/);
  if (misplaced >= 0) return { kind: 'not_ascii', position: misplaced + 1, length };
  if (isBearer(token_type)) return undefined;
  const isName = typeof token_type === 'string' && token_type.length <= maxTypeLength;
  return { kind: 'not_bearer', ...omitUndefined({ tokenType: isName ? token_type : undefined }) };
}

/** The limit of Node.js's own servers for all headers of a request. Most other servers accept half of it. */
const maxTokenLength = 16 * 1024;

/** A longer type is no name, and could be the token. */
const maxTypeLength = 32;

/** Accepts a missing type, and the names under which identity providers issue bearer tokens. */
function isBearer(tokenType: unknown): boolean {
  return (tokenType ?? '') === '' || (typeof tokenType === 'string' && bearerNames.test(tokenType.trim()));
}

const bearerNames = /^(bearer([ _-]?token)?|(at\+)?jwt)$/i;

/** A request to an identity provider failed. */
export interface Refusal {
  readonly ok: false;
  readonly failure: Failure<TokenFailureReason>;
  /** Milliseconds, if the answer told when to ask again. */
  readonly retryAfter?: number;
}

/** Describes a request after which oauth4webapi threw an error. */
export function refusalAfter(
  error: unknown,
  reply: Reply | undefined,
  request: FailedRequest,
  { config, clock }: OAuthContext,
): Refusal {
  if (reply?.kind === 'answer') {
    return { ok: false, failure: answeredWithoutToken(reply, request, config), ...retryAfter(reply, clock) };
  }
  return { ok: false, failure: unanswered(reply?.problem ?? problemOf(error), request) };
}

function problemOf(error: unknown): Unanswered {
  return { kind: 'unanswered', ...transportFailureOf(error) };
}

function unanswered(problem: Unanswered, request: FailedRequest): Failure<TokenFailureReason> {
  return { reason: reasonOf[problem.reason], problem, request };
}

const reasonOf: Readonly<Record<TransportFailureReason, TokenFailureReason>> = {
  dns: 'token_endpoint_unreachable',
  connect: 'token_endpoint_unreachable',
  tls: 'token_endpoint_unreachable',
  timeout: 'token_endpoint_unreachable',
  too_large: 'token_response_invalid',
  other: 'other',
};

/** Quotes a successful answer only if it is an error: it may hold a token. */
function answeredWithoutToken(
  answer: Answer,
  request: FailedRequest,
  { clientAuthentication, scopes }: OAuth2Config,
): Failure<TokenFailureReason> {
  const { status, location, body, masked } = answer;
  const fields = jsonObject(body);
  const isSuccess = status >= 200 && status < 300;
  const error = isSuccess ? errorOf(fields) : fields?.error;
  if (isSuccess && error === undefined) {
    return { reason: 'token_response_invalid', problem: problemWithToken(answer, fields), request, status };
  }
  if (status < 400 && !isSuccess) {
    const problem = { kind: 'redirect', location: singleLine(masked(location)) } as const;
    return { reason: 'token_response_invalid', problem, request, status };
  }
  const [reason, kind] = refusalBy(status, error);
  const unreadable = unreadableBody(answer);
  const client = { clientAuthentication: clientAuthentication.method, scopes };
  const problem = { kind, ...client, ...omitUndefined({ unreadable }) };
  return { reason, problem, request, status, ...omitUndefined({ said: saidBy(answer, fields) }) };
}

function refusalBy(status: number, error: unknown): readonly [TokenFailureReason, TokenRequestRefused['kind']] {
  if (status >= 500) return ['token_endpoint_unreachable', 'identity_provider_failed'];
  if (status === 429) return ['token_rate_limited', 'token_requests_limited'];
  if (error === 'invalid_client' || error === 'unauthorized_client') return ['invalid_client', 'client_refused'];
  if (error === 'invalid_scope') return ['invalid_scope', 'scope_refused'];
  const isClientRefused = status === 401 || error === 'access_denied';
  return ['token_request_rejected', isClientRefused ? 'client_refused' : 'token_request_refused'];
}

function problemWithToken(answer: Answer, fields: Json | undefined): FailureProblem {
  const { status, contentType, isUtf8, masked } = answer;
  const body = unreadableBody(answer);
  if (body) return { kind: 'unreadable_body', body };
  const found: TokenDefect | undefined = fields && status === 200 ? tokenDefectOf(fields) : undefined;
  const defect: TokenDefect | undefined = isUtf8 ? found && redacted(found, masked) : { kind: 'not_utf8' };
  return { kind: 'no_token', contentType: singleLine(masked(contentType)), ...omitUndefined({ defect }) };
}

function redacted(defect: TokenDefect, masked: Answer['masked']): TokenDefect {
  if (defect.kind !== 'not_bearer' || defect.tokenType === undefined) return defect;
  return { ...defect, tokenType: singleLine(masked(defect.tokenType)) };
}

/** Returns the error that some providers send with a successful status (RFC 6749, 5.2 asks for 400). */
function errorOf(response: Json | undefined): string | undefined {
  const { access_token = null, error } = response ?? {};
  return access_token === null && typeof error === 'string' && error !== '' ? error : undefined;
}

/**
 * Returns `error` and `error_description` (RFC 6749, 5.2), the title and detail of problem details, or the beginning of
 * the body; undefined if it is empty.
 */
function saidBy(answer: Answer, fields: Json | undefined): string | undefined {
  const parts = [fields?.error, fields?.error_description].filter((part) => typeof part === 'string');
  return singleLine(answer.masked(parts.length > 0 ? parts.join(': ') : problemText(answer))) || undefined;
}

/** Milliseconds that a `Retry-After` may take at most: one of a year would switch the monitoring off. */
const maxRetryAfter = 60 * 60 * 1000;

export function retryAfter({ retryAfter: header }: Answer, clock: Clock): Pick<Refusal, 'retryAfter'> {
  return omitUndefined({ retryAfter: retryAfterOf(header, clock.now()) });
}

/**
 * Returns a `Retry-After` in milliseconds from `now`, of seconds or an HTTP date (RFC 9110, 10.2.3); undefined for
 * anything else.
 */
export function retryAfterOf(header: string, now: number): number | undefined {
  const delay = delayOf(header.trim(), now);
  return Number.isNaN(delay) ? undefined : Math.min(Math.max(0, delay), maxRetryAfter);
}

function delayOf(value: string, now: number): number {
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  // `Date.parse` accepts `1.5` and `-5` too. All three forms of an HTTP date begin with the day's name.
  return /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(value) ? Date.parse(value) - now : Number.NaN;
}
