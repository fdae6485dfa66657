import { X509Certificate } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { clusterEndpoint } from '../../src/check/check-target.ts';
import { certificateTrouble } from '../../src/check/diagnose-connection.ts';
import { fileWith, load } from '../config/loading.ts';
import { expiredIssuer, faultyAuthority, faultyServers, withoutEnd } from '../transport/faulty-certificates.ts';
import { server } from '../transport/issued-certificates.ts';
import { httpsServer } from '../transport/loopback.ts';
import { withoutProxy } from '../transport/without-proxy.ts';
import { check } from './checking.ts';

beforeEach(withoutProxy);

const { 'a start in the future': tooEarly, ...others } = faultyServers;

/** In OpenSSL's words, which differ between its versions. */
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

describe('a certificate is refused', () => {
  it.each(Object.entries(others))('with %s, and what is wrong is told in words', async (fault, shown) => {
    const { trouble } = await checkOf(shown);
    expect(trouble[0]).toMatch(/^TLS of the cluster: TLSv1\.[23]$/);
    expect(trouble.join('\n')).toMatch(/^expires {6}2049-02-03, in \d+ days$/m);
    expect(trouble.at(-2)).toMatch(
      /^The certificate of 127\.0\.0\.1 \(localhost\), or one that it is issued by, is refused: .+\.$/,
    );
    expect(trouble.at(-2)).toMatch(words[fault as keyof typeof others]);
    expect(trouble.at(-1)).toBe('Replace that certificate on the server by one without this fault.');
  });

  it('with an end that is no date, which is left out', async () => {
    const { trouble, text } = await checkOf(withoutEnd);
    expect(trouble.at(-2)).toContain('ERROR_IN_CERT_NOT_AFTER_FIELD');
    expect(text).not.toContain('expires');
  });

  it('with an issuer that has expired', async () => {
    const { trouble } = await checkOf(expiredIssuer);
    expect(trouble.at(-2)).toBe('A certificate that issued the one of 127.0.0.1 expired on 2021-02-03.');
  });

  it('with a beginning in the future', async () => {
    const { trouble } = await checkOf(tooEarly);
    expect(trouble.at(-2)).toBe('The certificate of 127.0.0.1 is not valid yet: its time begins on 2048-01-01.');
    expect(trouble.at(-1)).toBe("Set this machine's clock, or renew the certificate on the server.");
  });

  it('by its code where the words are not to be had', () => {
    const [target] = load({ file: fileWith() }).clusters;
    if (target === undefined) throw new Error('one cluster was expected');
    const certificate = new X509Certificate(server.cert);
    const { problem } = certificateTrouble(
      { code: 'CERT_REVOKED', message: '' },
      certificate,
      clusterEndpoint(target),
      0,
    );
    expect(problem).toBe(
      'The certificate of zeebe (localhost), or one that it is issued by, is refused: CERT_REVOKED.',
    );
  });
});
