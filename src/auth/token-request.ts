import { allowInsecureRequests, type CustomFetchOptions, customFetch } from 'oauth4webapi';
import { type Dispatcher, request } from 'undici';
import { hideSecrets, secretsOf } from '../redact.ts';
import { type BodyText, headerOf, readBody } from '../transport/body.ts';
import { isTime } from './token.ts';

/** Tokens and discovery documents are some kilobytes long. */
export const maxBodyBytes = 1024 * 1024;
/** What is quoted of an error stands at its beginning. */
const maxErrorBytes = 64 * 1024;

/** An identity provider's answer as it came. oauth4webapi's errors tell less, and may hold the token. */
export interface Exchange extends BodyText {
  readonly status: number;
  /** Headers; empty where missing. */
  readonly contentType: string;
  readonly retryAfter: string;
  readonly location: string;
  /** To quote the answer: hides what the request held, since an error may show the request. */
  readonly hide: (text: string) => string;
}

/** One request through oauth4webapi: the options that carry it out, and the answer it got, if any. */
export interface Recorder {
  readonly options: {
    readonly signal: AbortSignal;
    readonly [allowInsecureRequests]: true;
    readonly [customFetch]: (
      url: string,
      init: CustomFetchOptions<'GET' | 'POST', URLSearchParams | undefined>,
    ) => Promise<Response>;
  };
  readonly exchange: () => Exchange | undefined;
}

export interface RecorderOptions {
  readonly dispatcher: Dispatcher;
  readonly signal: AbortSignal;
  /** What the request holds and nobody may see. */
  readonly secrets: readonly string[];
  /** Is given the JSON object of a successful answer. */
  readonly rewrite: (answer: Readonly<Record<string, unknown>>) => unknown;
}

export function recordExchange({ dispatcher, signal, secrets, rewrite }: RecorderOptions): Recorder {
  let exchange: Exchange | undefined;
  return {
    exchange: () => exchange,
    options: {
      signal,
      // Identity providers inside a Kubernetes cluster are asked over plain HTTP.
      [allowInsecureRequests]: true,
      [customFetch]: async (url, { method, headers, body }) => {
        // Not fetch, which decodes a compressed answer whatever its size: the agent's limit is for what arrives.
        const response = await request(url, {
          method,
          headers: { ...headers, 'accept-encoding': 'identity' },
          body: body?.toString() ?? null,
          dispatcher,
          signal,
        });
        const assertions = body?.getAll('client_assertion') ?? [];
        const hidden = [...secrets, ...assertions, ...secretsOf(headers.authorization ?? '')];
        const answered = {
          status: response.statusCode,
          contentType: headerOf(response, 'content-type'),
          retryAfter: headerOf(response, 'retry-after'),
          location: headerOf(response, 'location'),
          ...(await readBody(response, { maxBytes: maxBodyBytes, maxErrorBytes })),
          hide: (text: string) => hideSecrets(text, hidden),
        };
        exchange = answered;
        return readable(answered, rewrite);
      },
    },
  };
}

/** The same answer without the headers and quirks that oauth4webapi stumbles over; empty where it is no document. */
function readable({ status, body, isUtf8 }: Exchange, rewrite: RecorderOptions['rewrite']): Response {
  const answer = status === 200 && isUtf8 ? jsonObject(body) : undefined;
  return new Response(answer ? JSON.stringify(rewrite(answer)) : null, {
    status,
    headers: { 'content-type': 'application/json' },
  });
}

/** Undefined for anything else than the text of a JSON object. */
export function jsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * The fields of a token response that matter, in the form that RFC 6749, 5.1 asks for; none where it holds no bearer
 * token. Providers leave out `token_type`, send null for what is not there, and call nonsense a lifetime: none of it
 * makes a token worse.
 */
export function essentialsOf(response: Fields): unknown {
  if (tokenProblemOf(response)) return {};
  const { access_token, expires_in } = response;
  const seconds = typeof expires_in === 'string' ? Number(expires_in) : expires_in;
  return { access_token, token_type: 'Bearer', expires_in: isTime(seconds) ? seconds : undefined };
}

/** What is wrong with a successful answer, and what to do about it. */
export interface TokenProblem {
  /** Continues 'not with a bearer token'. Never quotes the token. */
  readonly message: string;
  /** Absent where the answer is that of something else. */
  readonly remedy?: string;
}

/** Undefined where the answer holds a token that can be sent. */
export function tokenProblemOf({ access_token, token_type }: Fields): TokenProblem | undefined {
  if (typeof access_token !== 'string' || access_token === '') return { message: 'it has no access_token' };
  const { length } = access_token;
  if (length > maxTokenLength) {
    return {
      message: `its access_token has ${length} characters, expected at most ${maxTokenLength}`,
      remedy: 'let the identity provider put less into the token: fewer roles, groups or audiences of this client',
    };
  }
  const misplaced = access_token.search(/[^\x21-\x7e]/);
  if (misplaced >= 0) {
    return {
      message: `its access_token has a character at position ${misplaced + 1} of ${length} that is not visible ASCII`,
      remedy: 'let the identity provider issue tokens that a header can carry (RFC 6750, 2.1)',
    };
  }
  if (isBearer(token_type)) return undefined;
  return {
    message: `its token_type is ${quoted(token_type)}, expected Bearer`,
    remedy: 'let the identity provider issue bearer tokens to this client (RFC 6750)',
  };
}

/** The limit of Node's own servers for all headers of a request; most other servers take half of it. */
const maxTokenLength = 16 * 1024;

/** Missing, or one of the names under which providers issue bearer tokens. */
function isBearer(tokenType: unknown): boolean {
  return (tokenType ?? '') === '' || (typeof tokenType === 'string' && bearerNames.test(tokenType.trim()));
}

const bearerNames = /^(bearer([ _-]?token)?|(at\+)?jwt)$/i;

/** A longer one is no name, and could be the token. */
function quoted(tokenType: unknown): string {
  return typeof tokenType === 'string' && tokenType.length <= 32 ? JSON.stringify(tokenType) : 'not a short text';
}

/** The error that some providers send with a successful status (RFC 6749, 5.2 asks for 400); undefined for none. */
export function errorOf(response: Fields | undefined): string | undefined {
  const { access_token = null, error } = response ?? {};
  return access_token === null && typeof error === 'string' && error !== '' ? error : undefined;
}

/** A year would switch a monitor off: no `Retry-After` holds longer than this. */
const longest = 60 * 60 * 1000;

/** `Retry-After` in milliseconds from `now`: seconds or an HTTP date (RFC 9110, 10.2.3), undefined for anything else. */
export function retryAfterOf(header: string, now: number): number | undefined {
  const delay = delayOf(header.trim(), now);
  return Number.isNaN(delay) ? undefined : Math.min(Math.max(0, delay), longest);
}

function delayOf(value: string, now: number): number {
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  // `Date.parse` finds a date in `1.5` and in `-5` too; all three forms of an HTTP date begin with the day's name.
  return /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(value) ? Date.parse(value) - now : Number.NaN;
}
