import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { transportFailureOf, transportFailureReasons } from '../../src/transport/failure.ts';

function coded(code: string): Error {
  return Object.assign(new Error('what came'), { code });
}

describe('what a request rejected with', () => {
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
    ['CERT_HAS_EXPIRED', 'tls'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'tls'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'tls'],
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
  ])('is told by its code: %s is %s', (code, reason) => {
    expect(transportFailureOf(coded(code))).toEqual({ reason, message: `what came (${code})` });
  });

  it('is told by the cause that has a code, in the words of the deepest one', () => {
    const error = new TypeError('fetch failed', { cause: new Error('tunnel', { cause: coded('ECONNREFUSED') }) });
    expect(transportFailureOf(error)).toEqual({ reason: 'connect', message: 'what came (ECONNREFUSED)' });
  });

  it('is told by the first of several addresses', () => {
    const error = new AggregateError([coded('ECONNREFUSED'), coded('ENETUNREACH')]);
    expect(transportFailureOf(error)).toEqual({ reason: 'connect', message: 'what came (ECONNREFUSED)' });
  });

  it('is a timeout where the deadline has passed', () => {
    const passed = new DOMException('no whole answer within 10 s', 'TimeoutError');
    expect(transportFailureOf(passed)).toEqual({ reason: 'timeout', message: 'no whole answer within 10 s' });
    expect(transportFailureOf(new Error('aborted', { cause: passed })).reason).toBe('timeout');
  });

  it('is read to an end also where causes go in a circle', () => {
    const error = new Error('one');
    error.cause = new Error('other', { cause: error });
    expect(transportFailureOf(error).reason).toBe('other');
  });

  it('has one reason of the set and one line of words, whatever it is', () => {
    const thrown = fc.oneof(
      fc.anything(),
      fc
        .record({ message: fc.string(), code: fc.anything() })
        .map(({ message, code }) => Object.assign(new Error(message), { code })),
    );
    fc.assert(
      fc.property(thrown, (error) => {
        const { reason, message } = transportFailureOf(error);
        expect(transportFailureReasons).toContain(reason);
        expect(message).not.toMatch(/[\r\n]/);
      }),
    );
    expect(transportFailureOf('thrown text')).toEqual({ reason: 'other', message: 'no reason given' });
  });
});
