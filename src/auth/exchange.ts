import { allowInsecureRequests, type CustomFetchOptions, customFetch } from 'oauth4webapi';
import { type Dispatcher, request } from 'undici';
import { type BodyText, readBody } from '../transport/body.ts';
import { headerOf } from '../transport/header.ts';
import { hideSecrets, secretsOf } from '../transport/secrets.ts';

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
