import { type Dispatcher, errors, request } from 'undici';
import type { TransportConfig } from '../config/config.ts';
import type { Unanswered, UnreadableBody } from '../failure.ts';
import { hideSecrets, singleLine } from '../redact.ts';
import { type BodyText, headerOf, isCutShort, readBody } from './body.ts';
import { transportFailureOf } from './transport-failure.ts';

/** A whole answer of a server, or of a proxy or gateway in front of it. Headers are empty where they are missing. */
export interface Answer extends BodyText {
  readonly kind: 'answer';
  readonly url: URL;
  readonly status: number;
  readonly contentType: string;
  readonly location: string;
  readonly wwwAuthenticate: string;
  readonly retryAfter: string;
  /** Replaces the secrets of the request in a part of the answer, which may quote the request. */
  readonly masked: (text: string) => string;
}

/** No whole answer arrived. */
export interface NoAnswer {
  readonly kind: 'no_answer';
  readonly url: URL;
  readonly problem: Unanswered;
  /** The status of an answer that came before, where the request was repeated under another path. */
  readonly status?: number;
}

export type Reply = Answer | NoAnswer;

/** Bytes that are read of the body of an error: what is quoted of it is at its beginning. */
const maxErrorBytes = 64 * 1024;

export interface RequestOptions {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The parts of the request that no text may show. */
  readonly secrets: readonly string[];
  readonly dispatcher: Dispatcher;
  /** The proxy that the dispatcher uses; without it, that of the environment. */
  readonly transport: Pick<TransportConfig, 'proxyUrl'>;
  /** The most that the body of a 200 may have. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/**
 * Sends a request and reads its answer. Never rejects. Does not follow redirects: credentials are sent to the
 * configured origin only. Reads with undici's `request`, since `fetch` decodes a compressed answer whatever its size.
 */
export async function send(options: RequestOptions): Promise<Reply> {
  const { url, method, headers, body = null, secrets, dispatcher, transport, maxBytes, signal } = options;
  let isAnswered = false;
  try {
    // undici would open a connection before it looks at the signal.
    signal.throwIfAborted();
    const response = await request(url, { method, headers, body, dispatcher, signal });
    isAnswered = true;
    return {
      kind: 'answer',
      url,
      status: response.statusCode,
      contentType: headerOf(response, 'content-type'),
      location: headerOf(response, 'location'),
      wwwAuthenticate: headerOf(response, 'www-authenticate'),
      retryAfter: headerOf(response, 'retry-after'),
      ...(await readWhole(response, maxBytes, signal)),
      masked: (text) => hideSecrets(text, secrets),
    };
  } catch (error) {
    // A dispatcher that is destroyed at the deadline ends its requests with an error that does not mention the
    // deadline.
    const cause = signal.aborted && error instanceof errors.ClientDestroyedError ? signal.reason : error;
    const problem = { kind: 'unanswered', ...transportFailureOf(cause, { url, transport, isAnswered }) } as const;
    return { kind: 'no_answer', url, problem };
  }
}

/** Returns why the body of an answer could not be read, redacted; undefined if it could. */
export function unreadableBody({ unreadable, masked }: Answer): UnreadableBody | undefined {
  return unreadable && { ...unreadable, coding: singleLine(masked(unreadable.coding)) };
}

/**
 * Reads a body; throws if it is a JSON object that is cut short. If an answer has no length, its body ends with the
 * connection or the HTTP/2 stream, also when these break.
 */
async function readWhole(response: Dispatcher.ResponseData, maxBytes: number, signal: AbortSignal): Promise<BodyText> {
  const text = await readBody(response, { maxBytes, maxErrorBytes }, signal);
  const hasLength = headerOf(response, 'content-length') !== '' || headerOf(response, 'transfer-encoding') !== '';
  if (response.statusCode === 200 && !text.unreadable && !hasLength && isCutShort(text.body)) {
    throw new errors.SocketError('closed in the middle of the answer');
  }
  return text;
}
