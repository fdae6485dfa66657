import { oneLine } from '../redact.ts';
import { type InvolvedProxy, involvedProxyOf, type Requested } from './proxy.ts';

/** How a request can fail before there is a whole answer: a closed set. */
export const transportFailureReasons = ['dns', 'connect', 'tls', 'timeout', 'too_large', 'other'] as const;
export type TransportFailureReason = (typeof transportFailureReasons)[number];

export interface TransportFailure {
  readonly reason: TransportFailureReason;
  /** What came, in a few words and without the address; names the proxy. */
  readonly message: string;
  /** Absent where the request did not go through one, or failed behind it for sure. */
  readonly proxy?: InvolvedProxy;
}

/** Tells what a request rejected with. Codes are Node's, OpenSSL's and undici's. */
export function transportFailureOf(error: unknown, requested?: Requested): TransportFailure {
  const chain = causes(error);
  const code = chain.map(codeOf).find((candidate) => candidate !== '') ?? '';
  const reason = reasonOf(code, chain);
  const message = chain.map(({ message }) => message).findLast((text) => text !== '') ?? 'no reason given';
  const isTold = code === '' || code === unspecified || message.includes(code);
  const failure = { reason, message: oneLine(isTold ? message : `${message} (${code})`) };
  const proxy = requested && involvedProxyOf(chain, code, requested);
  if (!proxy || !(proxy.isAtFault || reason === 'connect' || reason === 'timeout')) return failure;
  const place = `${proxy.isAtFault ? '' : 'through '}proxy ${proxy.address}`;
  const what = proxy.status === undefined ? failure.message : `answered ${proxy.status}`;
  return { reason, message: oneLine(`${place}: ${what}`), proxy };
}

function reasonOf(code: string, chain: readonly Error[]): TransportFailureReason {
  if (chain.some(({ name }) => name === 'TimeoutError') || timeouts.has(code)) return 'timeout';
  if (/^(ENOTFOUND|EAI_)/.test(code)) return 'dns';
  if (tooLarge.has(code)) return 'too_large';
  if (certificateErrors.has(code) || /^(ERR_TLS_|ERR_SSL_|ERR_OSSL_|EPROTO|UND_ERR_PRX_TLS)/.test(code)) return 'tls';
  if (
    /^(ECONN|EHOST|ENET|EPIPE|EADDR|EACCES|EPERM|ETIMEDOUT|HPE_|UND_ERR_SOCKET|UND_ERR_PRX_CONN|UND_ERR_RES_CONTENT_LENGTH|ERR_HTTP2_)/.test(
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

const unspecified = 'UNSPECIFIED';

/**
 * Node.js's codes for a certificate that was refused: https://nodejs.org/api/tls.html#x509-certificate-error-codes.
 * All that OpenSSL may say otherwise, of a weak key or a digest such as SHA-1, is unspecified.
 */
const certificateErrors = new Set([
  'CERT_CHAIN_TOO_LONG',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'CRL_HAS_EXPIRED',
  'CRL_NOT_YET_VALID',
  'CRL_SIGNATURE_FAILURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERROR_IN_CERT_NOT_AFTER_FIELD',
  'ERROR_IN_CERT_NOT_BEFORE_FIELD',
  'ERROR_IN_CRL_LAST_UPDATE_FIELD',
  'ERROR_IN_CRL_NEXT_UPDATE_FIELD',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'OUT_OF_MEM',
  'PATH_LENGTH_EXCEEDED',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'UNABLE_TO_DECRYPT_CERT_SIGNATURE',
  'UNABLE_TO_DECRYPT_CRL_SIGNATURE',
  'UNABLE_TO_GET_CRL',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  unspecified,
]);
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
