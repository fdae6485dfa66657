import { X509Certificate } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { clusterEndpoint } from '../../src/check/check-target.ts';
import { diagnoseCertificate } from '../../src/check/diagnose-connection.ts';
import { fileWith, load } from '../config/loading.ts';
import { expiredIssuer, faultyAuthority, faultyServers, withoutEnd } from '../transport/faulty-certificates.ts';
import { server } from '../transport/issued-certificates.ts';
import { httpsServer } from '../transport/loopback.ts';
import { withoutProxy } from '../transport/without-proxy.ts';
import { check } from './checking.ts';

beforeEach(withoutProxy);

const { 'a start in the future': tooEarly, ...others } = faultyServers;

/** OpenSSL's error texts, which differ between its versions. */
const words: Readonly<Record<keyof typeof others, RegExp>> = {
  'a SHA-1 signature': /digest algorithm too weak/,
  'an MD5 signature': /digest algorithm too weak/,
  'an intermediate with a SHA-1 signature': /digest algorithm too weak/,
  'a weak key': /key too (weak|small)/,
  'an intermediate with a weak key': /key too (weak|small)/,
  'the purpose of a client': /certificate purpose \(INVALID_PURPOSE\)/,
  'an intermediate that is no authority': /\((INVALID_PURPOSE|INVALID_CA)\)/,
  'more intermediates than one of them allows': /\(PATH_LENGTH_EXCEEDED\)/,
  'a signature of another key': /\(CERT_SIGNATURE_FAILURE\)/,
  'a start that is not a date': /\(ERROR_IN_CERT_NOT_BEFORE_FIELD\)/,
};

async function checkOf(shown: { readonly cert: string; readonly key: string; readonly ciphers: string }) {
  const address = await httpsServer(shown, (_, response) => response.end());
  const file = fileWith('tls_config: { ca_file: ca.pem }').replace('http://zeebe:8080', address);
  return check({ file, files: { 'conf/ca.pem': faultyAuthority } });
}

describe('check: a certificate that is rejected', () => {
  it.each(Object.entries(others))('with %s is reported with the reason in words', async (fault, shown) => {
    const { failedStep } = await checkOf(shown);
    expect(failedStep[0]).toMatch(/^TLS of the cluster: TLSv1\.[23]$/);
    expect(failedStep.join('\n')).toMatch(/^expires {6}2049-02-03, in \d+ days$/m);
    expect(failedStep.at(-2)).toMatch(
      /^The certificate of 127\.0\.0\.1 \(localhost\), or a CA certificate in its chain, was rejected: .+\.$/,
    );
    expect(failedStep.at(-2)).toMatch(words[fault as keyof typeof others]);
    expect(failedStep.at(-1)).toBe('Replace that certificate on the server with one that does not have this fault.');
  });

  it('with an unreadable expiry is reported without that expiry', async () => {
    const { failedStep, text } = await checkOf(withoutEnd);
    expect(failedStep.at(-2)).toContain('ERROR_IN_CERT_NOT_AFTER_FIELD');
    expect(text).not.toContain('expires');
  });

  it('because its issuer has expired is reported with the date of that', async () => {
    const { failedStep } = await checkOf(expiredIssuer);
    expect(failedStep.at(-2)).toBe('A CA certificate in the chain of 127.0.0.1 expired on 2021-02-03.');
  });

  it('because it is not yet valid is reported with the date from which it is', async () => {
    const { failedStep } = await checkOf(tooEarly);
    expect(failedStep.at(-2)).toBe('The certificate of 127.0.0.1 is not yet valid: its validity begins on 2048-01-01.');
    expect(failedStep.at(-1)).toBe('Correct the clock of this machine, or renew the certificate on the server.');
  });

  it('is reported with the error code where there is no text', () => {
    const [target] = load({ file: fileWith() }).clusters;
    if (target === undefined) throw new Error('one cluster was expected');
    const certificate = new X509Certificate(server.cert);
    const { problem } = diagnoseCertificate(
      { code: 'CERT_REVOKED', cause: '' },
      certificate,
      clusterEndpoint(target),
      0,
    );
    expect(problem).toBe(
      'The certificate of zeebe (localhost), or a CA certificate in its chain, was rejected: CERT_REVOKED.',
    );
  });
});
