import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { transportFailureReasons } from '../../src/failure.ts';
import { Secret } from '../../src/secret.ts';
import { transportFailureOf } from '../../src/transport/transport-failure.ts';

function coded(code: string): Error {
  return Object.assign(new Error('what came'), { code });
}

describe('a transport failure', () => {
  it.each([
    ['ENOTFOUND', 'dns'],
    ['EAI_AGAIN', 'dns'],
    ['ECONNREFUSED', 'connect'],
    ['ECONNRESET', 'connect'],
    ['EHOSTUNREACH', 'connect'],
    ['ENETUNREACH', 'connect'],
    ['ETIMEDOUT', 'connect'],
    ['EPIPE', 'connect'],
    ['UND_ERR_SOCKET', 'connect'],
    ['HPE_INVALID_CONSTANT', 'connect'],
    ['ERR_ASSERTION', 'connect'],
    ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'connect'],
    ['UND_ERR_INFO', 'connect'],
    ['ERR_HTTP2_ERROR', 'connect'],
    ['ERR_HTTP2_STREAM_ERROR', 'connect'],
    ['ERR_HTTP2_SESSION_ERROR', 'connect'],
    ['ERR_HTTP2_GOAWAY_SESSION', 'connect'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'tls'],
    ['EPROTO', 'tls'],
    ['UND_ERR_PRX_TLS', 'tls'],
    ['UND_ERR_CONNECT_TIMEOUT', 'timeout'],
    ['UND_ERR_HEADERS_TIMEOUT', 'timeout'],
    ['UND_ERR_BODY_TIMEOUT', 'timeout'],
    ['UND_ERR_RES_EXCEEDED_MAX_SIZE', 'too_large'],
    ['UND_ERR_HEADERS_OVERFLOW', 'too_large'],
    ['HPE_HEADER_OVERFLOW', 'too_large'],
    ['EMFILE', 'other'],
  ])('with the code %s has the reason %s', (code, reason) => {
    expect(transportFailureOf(coded(code))).toMatchObject({
      reason,
      code,
      cause: `what came (${code})`,
      isPastDeadline: false,
    });
  });

  /** https://nodejs.org/api/tls.html#x509-certificate-error-codes. */
  it.each([
    'UNABLE_TO_GET_ISSUER_CERT',
    'UNABLE_TO_GET_CRL',
    'UNABLE_TO_DECRYPT_CERT_SIGNATURE',
    'UNABLE_TO_DECRYPT_CRL_SIGNATURE',
    'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
    'CERT_SIGNATURE_FAILURE',
    'CRL_SIGNATURE_FAILURE',
    'CERT_NOT_YET_VALID',
    'CERT_HAS_EXPIRED',
    'CRL_NOT_YET_VALID',
    'CRL_HAS_EXPIRED',
    'ERROR_IN_CERT_NOT_BEFORE_FIELD',
    'ERROR_IN_CERT_NOT_AFTER_FIELD',
    'ERROR_IN_CRL_LAST_UPDATE_FIELD',
    'ERROR_IN_CRL_NEXT_UPDATE_FIELD',
    'OUT_OF_MEM',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'CERT_CHAIN_TOO_LONG',
    'CERT_REVOKED',
    'INVALID_CA',
    'PATH_LENGTH_EXCEEDED',
    'INVALID_PURPOSE',
    'CERT_UNTRUSTED',
    'CERT_REJECTED',
    'HOSTNAME_MISMATCH',
  ])('with the certificate error %s has the reason tls', (code) => {
    expect(transportFailureOf(coded(code))).toEqual({
      reason: 'tls',
      code,
      cause: `what came (${code})`,
      isPastDeadline: false,
    });
  });

  it('with a certificate error of OpenSSL that has no code in Node.js has the reason tls', () => {
    const error = Object.assign(new Error('CA signature digest algorithm too weak'), { code: 'UNSPECIFIED' });
    expect(transportFailureOf(error)).toMatchObject({ reason: 'tls', cause: 'CA signature digest algorithm too weak' });
  });

  it.each([
    'UND_ERR_PRX_CONN',
    'UND_ERR_SOCKET',
    'ECONNRESET',
    'EPIPE',
  ])('of an http request through a proxy is attributed to the proxy: %s', (code) => {
    const proxyUrl = new Secret('http://scraper:open-sesame@squid');
    const requested = { url: new URL('http://zeebe'), transport: { proxyUrl } };
    expect(transportFailureOf(coded(code), requested)).toEqual({
      reason: 'connect',
      code,
      cause: `what came (${code})`,
      isPastDeadline: false,
      proxy: { address: 'squid:80', setting: 'proxy_url', isAtFault: true },
    });
  });

  it.each([
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'client_certificate'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'client_certificate'],
    ['ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE', 'client_certificate'],
    ['ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL', 'no_application_protocol'],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'protocol_version'],
    ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'protocol_version'],
    ['ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR', undefined],
    ['ECONNRESET', undefined],
  ])('with the code %s has the TLS alert %s', (code, alert) => {
    expect(transportFailureOf(coded(code)).alert).toBe(alert);
  });

  it('has the reason and the message of the deepest cause with a code', () => {
    const error = new TypeError('fetch failed', { cause: new Error('tunnel', { cause: coded('ECONNREFUSED') }) });
    expect(transportFailureOf(error)).toMatchObject({ reason: 'connect', cause: 'what came (ECONNREFUSED)' });
  });

  it('has the reason and the message of the first address of several', () => {
    const error = new AggregateError([coded('ECONNREFUSED'), coded('ENETUNREACH')]);
    expect(transportFailureOf(error)).toMatchObject({ reason: 'connect', cause: 'what came (ECONNREFUSED)' });
  });

  it('has the reason timeout if the deadline has passed', () => {
    const passed = new DOMException('no whole answer within 10 s', 'TimeoutError');
    expect(transportFailureOf(passed)).toMatchObject({
      reason: 'timeout',
      cause: 'no whole answer within 10 s',
      isPastDeadline: true,
    });
    expect(transportFailureOf(new Error('aborted', { cause: passed }))).toMatchObject({
      reason: 'timeout',
      isPastDeadline: true,
    });
  });

  it('is determined also if its causes are circular', () => {
    const error = new Error('one');
    error.cause = new Error('other', { cause: error });
    expect(transportFailureOf(error).reason).toBe('other');
  });

  it('has a known reason and a message of one line for any thrown value', () => {
    const thrown = fc.oneof(
      fc.anything(),
      fc
        .record({ message: fc.string(), code: fc.anything() })
        .map(({ message, code }) => Object.assign(new Error(message), { code })),
    );
    fc.assert(
      fc.property(thrown, (error) => {
        const { reason, cause } = transportFailureOf(error);
        expect(transportFailureReasons).toContain(reason);
        expect(cause).not.toMatch(/[\r\n]/);
      }),
    );
    expect(transportFailureOf('thrown text')).toEqual({
      reason: 'other',
      code: '',
      cause: 'no reason given',
      isPastDeadline: false,
    });
  });
});
