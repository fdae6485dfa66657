import { allowInsecureRequests, type CustomFetchOptions, customFetch } from 'oauth4webapi';
import { type Dispatcher, fetch } from 'undici';

/** An identity provider's answer as it came. oauth4webapi's errors tell less, and may hold the token. */
export interface Exchange {
  readonly status: number;
  /** Headers; empty where missing. */
  readonly contentType: string;
  readonly retryAfter: string;
  readonly location: string;
  readonly body: string;
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

/** `rewrite` is given the JSON object of a successful answer. */
export function recordExchange(
  dispatcher: Dispatcher,
  signal: AbortSignal,
  rewrite: (answer: Readonly<Record<string, unknown>>) => unknown = (answer) => answer,
): Recorder {
  let exchange: Exchange | undefined;
  return {
    exchange: () => exchange,
    options: {
      signal,
      // Identity providers inside a Kubernetes cluster are asked over plain HTTP.
      [allowInsecureRequests]: true,
      [customFetch]: async (url, { body, ...init }) => {
        const response = await fetch(url, { ...init, dispatcher, ...(body && { body }) });
        const header = (name: string) => response.headers.get(name) ?? '';
        const answered = {
          status: response.status,
          contentType: header('content-type'),
          retryAfter: header('retry-after'),
          location: header('location'),
          body: await response.text(),
        };
        exchange = answered;
        return readable(answered, rewrite);
      },
    },
  };
}

/** The same answer without the headers and quirks that oauth4webapi stumbles over. */
function readable(
  { status, body }: Exchange,
  rewrite: (answer: Readonly<Record<string, unknown>>) => unknown,
): Response {
  const answer = status === 200 ? jsonObject(body) : undefined;
  const text = answer ? JSON.stringify(rewrite(answer)) : body;
  return new Response(text === '' ? null : text, { status, headers: { 'content-type': 'application/json' } });
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
