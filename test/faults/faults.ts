import { gzipSync } from 'node:zlib';
import type { AuthFailureReason, RequestFailureReason } from '../../src/failure.ts';
import { expiredCertificate } from '../check/expired-certificate.ts';
import { loopbackCertificate } from '../simulator/loopback-certificate.ts';
import { otherHostCertificate, unknownCaCertificate } from './certificates.ts';
import {
  answering,
  type ConnectionHandler,
  document,
  drip,
  flood,
  handshake,
  head,
  json,
  onReuse,
  redirecting,
  sending,
  sendingAll,
  silence,
  whole,
} from './connection-handlers.ts';
import type { Endpoint } from './endpoint-documents.ts';
import {
  duplicates,
  hugeNumbers,
  negativeNumbers,
  notNumbers,
  numbersAsTexts,
  tooMany,
  wrongTypes,
} from './invalid-documents.ts';

/** A reason of the contract, `tolerated` if the fault has no effect, `–` if it cannot occur at the endpoint. */
export type Outcome = RequestFailureReason | AuthFailureReason | 'tolerated' | '–';

/** How a server fails. */
export type Behaviour = 'refused' | 'never accepted' | { readonly handle: ConnectionHandler; readonly tls?: true };

export interface Fault {
  readonly name: string;
  readonly outcomes: Readonly<Record<Endpoint, Outcome>>;
  /** Behaviours of a server that have the same outcome. */
  readonly behaviours: (endpoint: Endpoint) => readonly Behaviour[];
}

const unreachable = 'token_endpoint_unreachable';
const invalid = 'token_response_invalid';
const rejected = 'token_request_rejected';

function fault(
  name: string,
  [cluster, token, discovery]: readonly [Outcome, Outcome, Outcome],
  behaviours: readonly Behaviour[] | Fault['behaviours'],
): Fault {
  return {
    name,
    outcomes: { cluster, token, discovery },
    behaviours: typeof behaviours === 'function' ? behaviours : () => behaviours,
  };
}

/** The behaviours of servers that handle connections so, with plain HTTP. */
const handledBy = (...handlers: readonly ConnectionHandler[]): readonly Behaviour[] =>
  handlers.map((handle) => ({ handle }));
const overTls = (...handlers: readonly ConnectionHandler[]): readonly Behaviour[] =>
  handlers.map((handle) => ({ handle, tls: true }));

const late = ['timeout', unreachable, unreachable] as const;
const broken = ['connect', unreachable, unreachable] as const;
const untrusted = ['tls', unreachable, unreachable] as const;
const nonsense = ['malformed', invalid, invalid] as const;
const large = ['too_large', invalid, invalid] as const;
const harmless = ['tolerated', 'tolerated', 'tolerated'] as const;

const chunked = head(200, { ...json, 'transfer-encoding': 'chunked' });
const lengthOf = (length: string) => head(200, { ...json, 'content-length': length, connection: 'close' });
const megabyte = Buffer.alloc(1024 * 1024, ' ');
const kilobyte = 'a'.repeat(1024);
const deep = (open: string, close: string) => open.repeat(10_000) + close.repeat(10_000);
const withField = (good: string, field: string | Buffer) =>
  Buffer.concat([
    Buffer.from(good.trimEnd().slice(0, -1)),
    Buffer.from(',"note":'),
    Buffer.from(field),
    Buffer.from('}'),
  ]);
const statuses = (from: number, to: number, ...but: readonly number[]) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index).filter((status) => !but.includes(status));
const problem = (title: string) => JSON.stringify({ type: 'about:blank', title });
const webPage = '<!doctype html><title>Log in</title>';

const connections: readonly Fault[] = [
  fault('connection refused', broken, ['refused']),
  fault('connection not accepted: full listen backlog', late, ['never accepted']),
  fault('connection accepted, but no response', late, [...handledBy(silence), ...overTls(silence)]),
  fault(
    'headers, but no further bytes',
    late,
    handledBy(
      sending(() => 'HTTP/1.1 200 OK\r\ncontent-type: application/'),
      sending(() => lengthOf('1000')),
      sending((good) => lengthOf(`${good.length}`) + good.slice(0, -1)),
      sending(() => `${chunked}1\r\n{\r\n`),
    ),
  ),
  fault('one byte a second', late, handledBy(drip((good) => whole(200, good, json).toString(), 1_000))),
  fault(
    'connection closed before or during the response',
    broken,
    handledBy(
      sendingAll(() => ''),
      (socket) => socket.destroy(),
      (socket) => socket.once('data', () => socket.resetAndDestroy()),
      sendingAll(() => 'HTTP/1.1 200 OK\r\ncontent-ty'),
      sendingAll(() => `${chunked}1\r\n{\r\n`),
    ),
  ),
  fault(
    'reused connection reset or closed',
    ['tolerated', 'tolerated', '–'],
    handledBy(
      onReuse((socket) => socket.resetAndDestroy()),
      onReuse((socket) => socket.end()),
    ),
  ),
  fault(
    'not HTTP',
    broken,
    handledBy(
      sendingAll(() => 'SSH-2.0-OpenSSH_9.2\r\n'),
      sendingAll(() => 'HTTP/1.1 two hundred\r\n\r\n'),
      sendingAll(() => Buffer.from([0x15, 3, 3, 0, 2, 2, 40])),
    ),
  ),
];

const lengths: readonly Fault[] = [
  fault(
    'body shorter than its Content-Length, then closed',
    broken,
    handledBy(sendingAll((good) => lengthOf(`${good.length + 1}`) + good)),
  ),
  fault(
    'body longer than its Content-Length',
    nonsense,
    handledBy(
      sendingAll((good) => lengthOf(`${good.length - 1}`) + good),
      sendingAll((good) => lengthOf('0') + good),
    ),
  ),
  fault(
    'invalid Content-Length, or two different ones',
    broken,
    handledBy(
      sendingAll((good) => lengthOf('many') + good),
      sendingAll((good) => lengthOf('-1') + good),
      sendingAll((good) => lengthOf('9'.repeat(30)) + good),
      sendingAll((good) => lengthOf('2\r\ncontent-length: 3') + good),
    ),
  ),
  fault(
    'invalid chunked encoding',
    broken,
    handledBy(
      sendingAll((good) => `${chunked}many\r\n${good}\r\n0\r\n\r\n`),
      sendingAll((good) => `${chunked}1\r\n${good}\r\n0\r\n\r\n`),
      sendingAll((good) => `${chunked}${'f'.repeat(17)}\r\n${good}\r\n0\r\n\r\n`),
    ),
  ),
  fault(
    'endless body',
    large,
    handledBy(
      flood(lengthOf(`${1e15}`), megabyte),
      flood(head(200, json), megabyte),
      flood(chunked, `10000\r\n${kilobyte.repeat(64)}\r\n`),
    ),
  ),
  fault('endless error response', ['http_status', unreachable, unreachable], handledBy(flood(head(500, {}), megabyte))),
  fault('gzip bomb: 100 MB of zeros in 100 kB', ['too_large', invalid, invalid], () => {
    const bomb = gzipSync(Buffer.alloc(100_000_000));
    return handledBy(answering(200, bomb, { ...json, 'content-encoding': 'gzip' }));
  }),
  fault(
    '16 MB of headers',
    large,
    handledBy(
      flood('HTTP/1.1 200 OK\r\nx: ', kilobyte, 16_384),
      flood('HTTP/1.1 200 OK\r\n', `x: ${kilobyte}\r\n`, 16_384),
      flood(`${chunked}0\r\n`, `x: ${kilobyte}\r\n`, 16_384),
    ),
  ),
];

const documents: readonly Fault[] = [
  fault(
    'invalid UTF-8',
    nonsense,
    handledBy(
      ...[[0xff], [0xc3, 0x28], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xe2, 0x82]].map((bytes) =>
        document((good) => withField(good, Buffer.from([0x22, ...bytes, 0x22]))),
      ),
    ),
  ),
  fault('byte order mark', harmless, handledBy(document((good) => `\uFEFF${good}`))),
  fault(
    'not JSON',
    nonsense,
    handledBy(
      ...['', ' ', 'null ]', 'NaN', '{"clusterSize":NaN}', webPage].map((text) => document(text)),
      document((good) => good.trimEnd().slice(0, -1)),
      document((good) => Buffer.from(good, 'utf16le')),
      document((good) => `${good}${good}`),
    ),
  ),
  fault('JSON of the wrong shape, at every field', nonsense, wrongTypes),
  fault('numbers as strings', ['malformed', 'tolerated', '–'], numbersAsTexts),
  fault('invalid numbers: 1e400, fractions', ['malformed', 'tolerated', '–'], notNumbers),
  fault('huge ids and sizes', ['malformed', 'tolerated', '–'], hugeNumbers),
  fault('partition ids below 1', ['malformed', '–', '–'], negativeNumbers),
  fault('duplicate broker id, or duplicate partition of a broker', ['malformed', '–', '–'], duplicates),
  fault('more entries than any cluster has', ['malformed', invalid, invalid], tooMany),
  fault(
    '10,000 levels of nesting',
    nonsense,
    handledBy(...[deep('[', ']'), deep('{"brokers":', '}'), '['.repeat(10_000)].map((text) => document(text))),
  ),
  fault(
    '10,000 levels of nesting in an ignored field',
    harmless,
    handledBy(document((good) => withField(good, deep('[', ']')))),
  ),
  fault(
    'HTML with 200',
    ['content_type', invalid, invalid],
    handledBy(answering(200, webPage, { 'content-type': 'text/html;charset=utf-8' })),
  ),
  fault(
    'JSON with another content type, or without one',
    ['content_type', 'tolerated', 'tolerated'],
    handledBy(
      answering(200, (good) => good, { 'content-type': 'text/plain' }),
      answering(200, (good) => good),
    ),
  ),
];

/** Classes of statuses with the same outcome. */
export const statusClasses = [
  { name: 'any other 2xx', outcomes: ['http_status', invalid, invalid], statuses: statuses(201, 299) },
  {
    name: 'any other 4xx',
    outcomes: ['http_status', rejected, rejected],
    statuses: statuses(400, 499, 401, 403, 404, 429),
  },
  {
    name: 'any 5xx, or a higher status',
    outcomes: ['http_status', unreachable, unreachable],
    statuses: [...statuses(500, 599), 600, 999],
  },
] as const;

/** Sends a good body with the status, and no body with a 204. */
export const answeringGoodBody = (status: number): ConnectionHandler =>
  answering(status, (good) => (status === 204 ? '' : good), json);

const answers: readonly Fault[] = [
  fault(
    'redirects: to the same URL, to another path, to another host, without a Location',
    ['redirect', invalid, invalid],
    handledBy(
      ...[301, 302, 303, 307, 308].flatMap((status) => [
        redirecting(status, ({ path }) => path),
        redirecting(status, () => '/elsewhere'),
        redirecting(status, ({ port }) => `http://localhost:${port}/elsewhere`),
      ]),
      ...[300, 304, 305, 399].map((status) => answering(status)),
    ),
  ),
  fault(
    '100, 102 or 103, then a good response',
    harmless,
    handledBy(
      ...[100, 102, 103].map((status) => sendingAll((good) => head(status, {}) + whole(200, good, json).toString())),
    ),
  ),
  fault('unexpected 101', broken, handledBy(sendingAll((good) => head(101, {}) + whole(200, good, json).toString()))),
  fault(
    'only 1xx responses',
    late,
    handledBy(
      sending(() => head(103, {})),
      drip(() => '', 100),
    ),
  ),
  fault('401', ['authentication_required', rejected, rejected], handledBy(answering(401))),
  fault('403', ['forbidden', rejected, rejected], handledBy(answering(403))),
  fault('404', ['not_found', rejected, rejected], handledBy(answering(404))),
  fault('429', ['rate_limited', 'token_rate_limited', 'token_rate_limited'], handledBy(answering(429))),
  ...statusClasses.map(({ name, outcomes, statuses }) =>
    // test/faults/statuses.test.ts tests all of them.
    fault(name, outcomes, handledBy(...statuses.filter((_, index) => index % 12 === 0).map(answeringGoodBody))),
  ),
  fault(
    '503 with RESOURCE_EXHAUSTED',
    ['rate_limited', unreachable, unreachable],
    handledBy(answering(503, problem('RESOURCE_EXHAUSTED'), json)),
  ),
  fault(
    '`Retry-After` of a year',
    ['rate_limited', 'token_rate_limited', 'token_rate_limited'],
    handledBy(
      answering(429, '', { 'retry-after': '31536000' }),
      answering(429, '', { 'retry-after': 'Fri, 31 Dec 2038 23:59:59 GMT' }),
    ),
  ),
];

const asking = { ...loopbackCertificate, requestCert: true, rejectUnauthorized: true };

const tls: readonly Fault[] = [
  fault('TLS: expired certificate', untrusted, overTls(handshake(expiredCertificate))),
  fault('TLS: certificate for another host', untrusted, overTls(handshake(otherHostCertificate))),
  fault('TLS: certificate of an unknown CA', untrusted, overTls(handshake(unknownCaCertificate))),
  fault(
    'TLS: unsupported old version',
    untrusted,
    overTls(
      handshake({ ...loopbackCertificate, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }),
    ),
  ),
  fault(
    'TLS 1.2: required client certificate missing',
    untrusted,
    overTls(handshake({ ...asking, maxVersion: 'TLSv1.2' })),
  ),
  fault(
    'TLS 1.3: required client certificate missing, detected after the handshake',
    broken,
    overTls(handshake(asking)),
  ),
  fault('plain HTTP where TLS is expected', untrusted, overTls(answering(400))),
];

export const faults: readonly Fault[] = [...connections, ...lengths, ...documents, ...answers, ...tls];

/** Returns whether only the deadline of the poll ends the fault. */
export function endedByDeadline({ outcomes }: Fault): boolean {
  return outcomes.cluster === 'timeout';
}
