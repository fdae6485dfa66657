import { oneLine } from './one-line.ts';

/** How a request can fail before there is a whole answer: a closed set. */
export const transportFailureReasons = ['dns', 'connect', 'tls', 'timeout', 'too_large', 'other'] as const;
export type TransportFailureReason = (typeof transportFailureReasons)[number];

export interface TransportFailure {
  readonly reason: TransportFailureReason;
  /** What came, in a few words and without the address. */
  readonly message: string;
}

/** Tells what a request rejected with. Codes are Node's, OpenSSL's and undici's. */
export function transportFailureOf(error: unknown): TransportFailure {
  const chain = causes(error);
  const code = chain.map(codeOf).find((candidate) => candidate !== '') ?? '';
  const reason = reasonOf(code, chain);
  const message = chain.map(({ message }) => message).findLast((text) => text !== '') ?? 'no reason given';
  return { reason, message: oneLine(code === '' || message.includes(code) ? message : `${message} (${code})`) };
}

function reasonOf(code: string, chain: readonly Error[]): TransportFailureReason {
  if (chain.some(({ name }) => name === 'TimeoutError') || timeouts.has(code)) return 'timeout';
  if (/^(ENOTFOUND|EAI_)/.test(code)) return 'dns';
  if (tooLarge.has(code)) return 'too_large';
  if (
    /^(ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_|INVALID_CA|EPROTO|UND_ERR_PRX_TLS)/.test(
      code,
    )
  ) {
    return 'tls';
  }
  if (
    /^(ECONN|EHOST|ENET|EPIPE|EADDR|EACCES|EPERM|ETIMEDOUT|HPE_|UND_ERR_SOCKET|UND_ERR_RES_CONTENT_LENGTH|ERR_HTTP2_)/.test(
      code,
    )
  ) {
    return 'connect';
  }
  // An HTTP/2 stream or connection that ended before the answer was whole.
  if (code === 'UND_ERR_INFO') return 'connect';
  // Another protocol than HTTP from now on (101), which undici asserts that nobody answers unasked.
  if (code === 'ERR_ASSERTION') return 'connect';
  // Not HTTP, or refused by a proxy: for these undici has no code, or one that says something else.
  if (chain.some(({ name, message }) => name === 'HTTPParserError' || /^Proxy .*\(\d+\)/.test(message)))
    return 'connect';
  return 'other';
}

const timeouts = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);
const tooLarge = new Set(['UND_ERR_RES_EXCEEDED_MAX_SIZE', 'UND_ERR_HEADERS_OVERFLOW', 'HPE_HEADER_OVERFLOW']);

/** The error, its causes, and of an attempt on several addresses (AggregateError) the first one's. */
function causes(error: unknown): readonly Error[] {
  const chain: Error[] = [];
  for (let next = error; next instanceof Error && chain.length < 8; ) {
    chain.push(next);
    next = next.cause ?? (next instanceof AggregateError ? next.errors[0] : undefined);
  }
  return chain;
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
