import type { Dispatcher } from 'undici';
import { inParts, type Parts } from '../clock.ts';
import type { ApiVersion, PhysicalTenants, TransportConfig } from '../config/config.ts';
import type { Failure, FailureProblem, RequestFailureReason } from '../failure.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { singleLine } from '../redact.ts';
import type { Secret } from '../secret.ts';
import { getJson } from '../transport/get-json.ts';
import { problemText } from '../transport/problem-details.ts';
import { type Answer, type NoAnswer, type Reply, unreadableBody } from '../transport/reply.ts';
import { type ParseTopology, parseTopology, parseWholeTopology } from './parse.ts';
import type { Topology } from './topology.ts';

export interface ClientOptions {
  /** Ends with `/`. */
  readonly address: URL;
  readonly apiVersion: ApiVersion;
  readonly physicalTenants?: PhysicalTenants;
  /**
   * Sent with every request. They replace the client's own of the same name; those passed to the client replace them.
   */
  readonly headers: Readonly<Record<string, Secret>>;
  readonly dispatcher: Dispatcher;
  /** The proxy that the dispatcher uses; without it, that of the environment. */
  readonly transport?: Pick<TransportConfig, 'proxyUrl'>;
  /** Secrets that an answer may quote besides the headers: the credentials of a proxy. */
  readonly secrets?: readonly string[];
}

/** Sends one GET of the topology with the headers that authenticate it. Never rejects. */
export type Client = (headers: Readonly<Record<string, string>>, signal: AbortSignal) => Promise<Reply>;

/**
 * With `auto`, asks v1 first and v2 if v1 is not found. The next request begins with the version that was found. The
 * topology of all physical tenants has one path only.
 */
export function createClient(options: ClientOptions): Client {
  const { physicalTenants, apiVersion } = options;
  if (physicalTenants) return createGet('cluster/v2/topology', options);
  if (apiVersion !== 'auto') return createGet(`${apiVersion}/topology`, options);
  let [preferred, other] = [createGet('v1/topology', options), createGet('v2/topology', options)];
  return async (headers, signal) => {
    const first = await preferred(headers, signal);
    if (first.status !== 404) return first;
    const second = await other(headers, signal);
    if (second.kind === 'no_answer') return { ...second, status: first.status };
    if (second.status !== 404) [preferred, other] = [other, preferred];
    return second;
  };
}

/** Relative to the address. */
type TopologyPath = 'v1/topology' | 'v2/topology' | 'cluster/v2/topology';

function createGet(path: TopologyPath, options: ClientOptions): Client {
  const { address, headers: configured, dispatcher, transport = {}, secrets = [] } = options;
  const url = new URL(path, address);
  const always = Object.entries(configured).map(([name, value]): Header => [name, value.open()]);
  return (given, signal) => {
    const headers = lastOfEachName([...always, ...Object.entries(given)]);
    return getJson({ url, headers, secrets, dispatcher, transport, signal });
  };
}

type Header = readonly [name: string, value: string];

/** Returns the headers by name in lower case: names are case-insensitive (RFC 9110, 5.1). */
function lastOfEachName(headers: readonly Header[]): Readonly<Record<string, string>> {
  return Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));
}

export type ReadTopology =
  | { readonly ok: true; readonly topology: Topology }
  | { readonly ok: false; readonly failure: Failure<RequestFailureReason> };

export interface Reader {
  /** Reads the topology in a reply. Returns the same object for an answer with the same text as the one before. */
  readonly read: (reply: Reply) => Promise<ReadTopology>;
  /** Frees the text and the topology that are kept of the answer before. */
  readonly forget: () => void;
}

/** Reads the topology of all physical tenants if these are asked for. */
export function createReader(physicalTenants?: PhysicalTenants): Reader {
  const parse = physicalTenants ? parseWholeTopology : parseTopology;
  let latest: (Pick<Answer, 'contentType' | 'body'> & { readonly result: ReadTopology }) | undefined;
  return {
    read: async (reply) => {
      if (reply.kind === 'no_answer') return { ok: false, failure: unanswered(reply) };
      const { status, contentType, isUtf8, body } = reply;
      const isSame = status === 200 && isUtf8 && contentType === latest?.contentType && body === latest.body;
      if (latest && isSame) return latest.result;
      const result = await inParts(readAnswer(reply, parse));
      // Does not keep the answer itself: its `masked` holds the credentials of the request.
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

function unanswered({ url, problem }: NoAnswer): Failure<RequestFailureReason> {
  return { reason: problem.reason, problem, request: { to: 'cluster', url: url.href } };
}

/** Reads an answer other than 401 and 403, which the authenticator interprets. */
export function* readAnswer(answer: Answer, parse: ParseTopology = parseTopology): Parts<ReadTopology> {
  const problem = problemWithStatus(answer) ?? problemWithBody(answer);
  if (problem) return failed(answer, ...problem);
  const parsed = yield* parse(answer.body, answer.masked);
  return parsed.ok ? parsed : failed(answer, 'malformed', { kind: 'not_a_topology', mismatch: parsed.problem });
}

type ReasonAndProblem = readonly [reason: RequestFailureReason, problem: FailureProblem];

function problemWithStatus({ status, location, body, masked }: Answer): ReasonAndProblem | undefined {
  if (status === 200) return undefined;
  if (status === 404) return ['not_found', { kind: 'not_found' }];
  if (status >= 300 && status < 400) return ['redirect', { kind: 'redirect', location: singleLine(masked(location)) }];
  const isOverloaded = status === 429 || (status === 503 && body.includes('RESOURCE_EXHAUSTED'));
  return isOverloaded ? ['rate_limited', { kind: 'rate_limited' }] : ['http_status', { kind: 'http_status' }];
}

function problemWithBody(answer: Answer): ReasonAndProblem | undefined {
  const { contentType, isUtf8, masked } = answer;
  if (!/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(contentType)) {
    return ['content_type', { kind: 'content_type', contentType: singleLine(masked(contentType)) }];
  }
  const body = unreadableBody(answer);
  if (body) return [body.why === 'too_large' ? 'too_large' : 'malformed', { kind: 'unreadable_body', body }];
  return isUtf8 ? undefined : ['malformed', { kind: 'not_a_topology', mismatch: 'expected UTF-8, got other bytes' }];
}

/** Quotes the title and detail of an error, or its beginning. A 200 is not quoted. */
function failed(
  answer: Answer,
  reason: RequestFailureReason,
  problem: FailureProblem,
): Extract<ReadTopology, { ok: false }> {
  const { url, status, masked } = answer;
  const said = status === 200 ? '' : singleLine(masked(problemText(answer)));
  const request = { to: 'cluster', url: url.href } as const;
  return { ok: false, failure: { reason, problem, request, status, ...omitUndefined({ said: said || undefined }) } };
}
