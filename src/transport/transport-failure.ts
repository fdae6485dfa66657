import type { TlsAlert, TransportFailure, TransportFailureReason } from '../failure.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { singleLine } from '../redact.ts';
import { involvedProxyOf, type Requested } from './proxy.ts';

/** Classifies the error that a request rejected with, by the codes and messages of Node.js, OpenSSL and undici. */
export function transportFailureOf(error: unknown, requested?: Requested): TransportFailure {
  const chain = causes(error);
  const code = chain.map(codeOf).find((candidate) => candidate !== '') ?? '';
  const reason = transportReasonOf(code, chain);
  const message = chain.map(({ message }) => message).findLast((text) => text !== '') ?? 'no reason given';
  const saysCode = code === '' || code === unspecified || message.includes(code);
  const cause = singleLine(saysCode ? message : `${message} (${code})`);
  const proxy = requested && involvedProxyOf(chain, code, requested);
  const isInvolved = proxy?.isAtFault || reason === 'connect' || reason === 'timeout';
  return {
    reason,
    code,
    cause,
    isPastDeadline: chain.some(isDeadline),
    ...omitUndefined({ alert: alertIn(cause), proxy: isInvolved ? proxy : undefined }),
  };
}

/** OpenSSL has words for alerts in its messages, and the same words in its codes. */
function alertIn(cause: string): TlsAlert | undefined {
  return alerts.find(([, pattern]) => pattern.test(cause))?.[0];
}

const alerts: readonly (readonly [TlsAlert, RegExp])[] = [
  [
    'client_certificate',
    /alert[ _](certificate|handshake[ _]failure|(bad|unsupported)[ _]certificate|unknown[ _]ca|access[ _]denied)/i,
  ],
  ['no_application_protocol', /no[ _]application[ _]protocol/i],
  ['protocol_version', /protocol[ _]version|unsupported[ _]protocol/i],
];

/** The signal of `withDeadline` and `AbortSignal.timeout` aborts with an error of this name. */
function isDeadline({ name }: Error): boolean {
  return name === 'TimeoutError';
}

function transportReasonOf(code: string, chain: readonly Error[]): TransportFailureReason {
  if (chain.some(isDeadline) || timeouts.has(code)) return 'timeout';
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
  // An HTTP/2 stream or connection ended before the answer was whole.
  if (code === 'UND_ERR_INFO') return 'connect';
  // The server switches protocols (101) unasked, which undici asserts not to happen.
  if (code === 'ERR_ASSERTION') return 'connect';
  // The answer is not HTTP, or a proxy refused: undici has no code for these, or one that says something else.
  return chain.some(isNotHttp) || chain.some(isRefusedByProxy) ? 'connect' : 'other';
}

function isNotHttp({ name }: Error): boolean {
  return name === 'HTTPParserError';
}

function isRefusedByProxy({ message }: Error): boolean {
  return /^Proxy .*\(\d+\)/.test(message);
}

const unspecified = 'UNSPECIFIED';

/**
 * Node.js's codes for a refused certificate: https://nodejs.org/api/tls.html#x509-certificate-error-codes. Other errors
 * of OpenSSL, about a weak key or a digest such as SHA-1, are unspecified.
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

/** Returns the error and its causes; of an attempt on several addresses (AggregateError), those of the first one. */
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
