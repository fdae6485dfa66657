import { type Dispatcher, errors, request } from 'undici';
import type { ApiVersion, TransportConfig } from '../config/config.ts';
import { hideSecrets, oneLine, secretsOf } from '../redact.ts';
import type { Secret } from '../secret.ts';
import { type BodyText, headerOf, isCutShort, readBody, type UndecodedBody } from '../transport/body.ts';
import { maxAnswerBytes } from '../transport/dispatcher.ts';
import { type InvolvedProxy, type Requested, remedyWithProxy } from '../transport/proxy.ts';
import { transportFailureOf } from '../transport/transport-failure.ts';
import { userAgent } from '../version.ts';
import { parseTopology } from './parse.ts';
import type { RequestFailure, RequestFailureReason } from './request-failure.ts';
import type { Topology } from './topology.ts';

/** A whole answer of the cluster, or of what stands in front of it. */
export interface Answer extends BodyText {
  readonly url: URL;
  readonly status: number;
  /** Empty where the header is missing. */
  readonly contentType: string;
  readonly wwwAuthenticate: string;
  readonly location: string;
  /** To quote the answer: hides the headers that the request held, since an error page may show the request. */
  readonly hide: (text: string) => string;
}

export type Sent =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | {
      readonly kind: 'failure';
      readonly failure: RequestFailure;
      /** The proxy that it may be the fault of. */
      readonly proxy?: InvolvedProxy;
      /** Of the answer to the version asked before, where there was one. */
      readonly status?: number;
    };

/** The status of the last answer; undefined where there was none. */
export function statusOf(sent: Sent): number | undefined {
  return sent.kind === 'answer' ? sent.answer.status : sent.status;
}

export interface ClientOptions {
  /** Ends with `/`. */
  readonly address: URL;
  readonly apiVersion: ApiVersion;
  /** Sent with every request, instead of the client's own of the same name; those passed to the client win. */
  readonly headers: Readonly<Record<string, Secret>>;
  readonly dispatcher: Dispatcher;
  /** The proxy that the dispatcher uses; without it, that of the environment. */
  readonly transport?: Pick<TransportConfig, 'proxyUrl'>;
  /** What answers may show besides the headers and nobody may see: the credentials of a proxy. */
  readonly secrets?: readonly string[];
}

/** One GET of the topology with the headers that authenticate it. Never rejects. */
export type Client = (headers: Readonly<Record<string, string>>, signal: AbortSignal) => Promise<Sent>;

/** With `auto`, v1 is asked first and v2 where v1 is not found; what was found last is asked first the next time. */
export function createClient(options: ClientOptions): Client {
  const { address, apiVersion, headers: configured, dispatcher, transport = {}, secrets = [] } = options;
  const always = Object.entries(configured).map(([name, value]): Header => [name, value.open()]);
  let [preferred, other] = apiVersion === 'v2' ? (['v2', 'v1'] as const) : (['v1', 'v2'] as const);

  const get = async (version: 'v1' | 'v2', headers: Readonly<Record<string, string>>, signal: AbortSignal) => {
    const url = new URL(`${version}/topology`, address);
    let isAnswered = false;
    try {
      const configuredOrGiven = lastOfEachName([...always, ...Object.entries(headers)]);
      // Redirects are never followed: credentials go to the configured origin only.
      const response = await request(url, { dispatcher, signal, headers: { ...ours, ...configuredOrGiven } });
      isAnswered = true;
      const hidden = [...secrets, ...Object.values(configuredOrGiven).flatMap(secretsOf)];
      const answer = {
        url,
        status: response.statusCode,
        contentType: headerOf(response, 'content-type'),
        wwwAuthenticate: headerOf(response, 'www-authenticate'),
        location: headerOf(response, 'location'),
        ...(await readAnswerBody(response)),
        hide: (text: string) => hideSecrets(text, hidden),
      };
      return { kind: 'answer', answer } as const;
    } catch (error) {
      return failedBy(error, { url, transport, isAnswered });
    }
  };

  return async (headers, signal) => {
    const sent = await get(preferred, headers, signal);
    if (apiVersion !== 'auto' || sent.kind === 'failure' || sent.answer.status !== 404) return sent;
    const second = await get(other, headers, signal);
    if (second.kind === 'failure') return { ...second, status: sent.answer.status };
    if (second.answer.status !== 404) [preferred, other] = [other, preferred];
    return second;
  };
}

type Header = readonly [name: string, value: string];

/** By names in lower case: they are the same in any (RFC 9110, 5.1). */
function lastOfEachName(headers: readonly Header[]): Readonly<Record<string, string>> {
  return Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));
}

async function readAnswerBody(response: Dispatcher.ResponseData): Promise<BodyText> {
  const text = await readBody(response, { maxBytes: maxAnswerBytes, maxErrorBytes });
  if (response.statusCode === 200 && !text.undecoded && !hasLength(response) && isCutShort(text.body)) {
    throw new errors.SocketError('closed in the middle of the answer');
  }
  return text;
}

/** Otherwise the end of the connection, or of the HTTP/2 stream, is the end of the body, wherever that is. */
function hasLength(response: Dispatcher.ResponseData): boolean {
  return headerOf(response, 'content-length') !== '' || headerOf(response, 'transfer-encoding') !== '';
}

export interface Reader {
  /** An answer of the same text as the one before is the same topology, as an object too. */
  readonly read: typeof readAnswer;
  /** Frees what is kept of the answer before. */
  readonly forget: () => void;
}

export function createReader(): Reader {
  let latest: (Pick<Answer, 'contentType' | 'body'> & { readonly result: ReturnType<typeof readAnswer> }) | undefined;
  return {
    read: (answer) => {
      const { status, contentType, isUtf8, body } = answer;
      const isSame = status === 200 && isUtf8 && contentType === latest?.contentType && body === latest.body;
      if (latest && isSame) return latest.result;
      const result = readAnswer(answer);
      // Not the answer as a whole: to quote it, it knows what authenticated the request.
      latest = result.ok && body.length <= maxKeptLength ? { contentType, body, result } : undefined;
      return result;
    },
    forget: () => {
      latest = undefined;
    },
  };
}

/** Characters; 24,000 replicas take 1.5 million. A longer text costs more memory to keep than time to read again. */
const maxKeptLength = 2 * 1024 * 1024;

/** What an answer says that is neither 401 nor 403, which are the authenticator's to judge. */
export function readAnswer(
  answer: Answer,
): { readonly ok: true; readonly topology: Topology } | { readonly ok: false; readonly failure: RequestFailure } {
  const { url, status, contentType, location, body, undecoded, hide } = answer;
  const failed = (reason: RequestFailureReason, message: string, remedy: string) =>
    ({ ok: false, failure: { reason, message: `GET ${url} ${message}`, remedy } }) as const;

  if (status === 404) {
    return failed('not_found', 'answered 404', `${checkAddress}; api_version v2 where the cluster no longer serves v1`);
  }
  if (status >= 300 && status < 400) {
    return failed(
      'redirect',
      `answered ${status} to ${oneLine(hide(location)) || 'nowhere'}; redirects are not followed`,
      `${checkAddress}: a redirect to a login page means that it is a web application's, not the REST API's`,
    );
  }
  if (status === 429 || (status === 503 && body.includes('RESOURCE_EXHAUSTED'))) {
    return failed('rate_limited', `answered ${status}${excerpt(answer)}`, 'poll less often: raise poll_interval');
  }
  if (status !== 200) {
    return failed('http_status', `answered ${status}, expected 200${excerpt(answer)}`, `see the cluster's own log`);
  }
  if (!/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(contentType)) {
    return failed(
      'content_type',
      `answered 200 with content type ${JSON.stringify(oneLine(hide(contentType)))}, expected application/json`,
      `${checkAddress}: a web page means that it is a web application's, not the REST API's`,
    );
  }
  if (undecoded) return failed(...undecodedFailure(undecoded, hide));
  if (!answer.isUtf8) {
    return failed('malformed', 'answered 200, but not a topology: expected UTF-8, got other bytes', checkAddress);
  }
  const parsed = parseTopology(body, hide);
  return parsed.ok ? parsed : failed('malformed', `answered 200, but not a topology: ${parsed.problem}`, checkAddress);
}

function undecodedFailure(
  { coding, problem }: UndecodedBody,
  hide: Answer['hide'],
): readonly [reason: RequestFailureReason, message: string, remedy: string] {
  const encoded = `answered 200 with content encoding ${JSON.stringify(oneLine(hide(coding)))}`;
  const remedy = 'let the cluster, and any proxy before it, answer without a content encoding';
  switch (problem) {
    case 'too_large':
      return ['too_large', `${encoded}, and more than ${maxAnswerBytes} bytes when decoded`, checkAddress];
    case 'malformed':
      return ['malformed', `${encoded}, but its body is not encoded so; expected identity`, remedy];
    case 'unknown_coding':
      return ['malformed', `${encoded}, which cannot be decoded here; expected identity`, remedy];
  }
}

/** What is quoted of an error stands at its beginning. */
const maxErrorBytes = 64 * 1024;

const ours = { accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': userAgent };

const checkAddress = 'check the address and its path (address, ZEEBE_REST_ADDRESS)';

/** What a server says by its alert where it is offered HTTP/1.1 only (RFC 7301, 3.2). */
const speakHttp2 = 'the cluster speaks only HTTP/2: set enable_http2: true';

const remedies: Readonly<Record<ReturnType<typeof transportFailureOf>['reason'], string>> = {
  dns: 'check the host name in the address (address, ZEEBE_REST_ADDRESS) and the DNS of this machine',
  connect: 'check that the cluster runs, and that the port and http or https in the address are right',
  tls: 'check the certificate of the cluster; tls_config.ca_file names the CA of a private one',
  timeout: 'check the cluster and the network; poll_timeout says how long a poll may take',
  too_large: checkAddress,
  other: 'an unexpected failure: the message is all that is known',
};

function failedBy(error: unknown, requested: Requested): Extract<Sent, { readonly kind: 'failure' }> {
  const { reason, message, proxy } = transportFailureOf(error, requested);
  const remedy = /no[ _]application[ _]protocol/i.test(message) ? speakHttp2 : remedies[reason];
  return {
    kind: 'failure',
    failure: {
      reason,
      message: `GET ${requested.url} failed: ${message}`,
      remedy: remedyWithProxy(remedy, proxy),
    },
    ...(proxy && { proxy }),
  };
}

function excerpt({ body, hide }: Answer): string {
  const text = oneLine(hide(body));
  return text === '' ? '' : `: ${text}`;
}
