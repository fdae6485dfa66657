import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { certificatesIn, earliestExpiry, earliestExpiryOfChain } from '../src/certificates.ts';
import {
  authority,
  client,
  elsewhere,
  expired,
  intermediate,
  renewed,
  server,
} from './transport/issued-certificates.ts';

const all = [authority, client, elsewhere, expired, intermediate, renewed, server];

describe('the certificates in a PEM text', () => {
  it('are found among other text, whatever the order and the line ends', () => {
    const text = fc.stringMatching(/^[a-z :\n]*$/);
    const part = fc.tuple(text, fc.constantFrom(...all));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), fc.boolean(), (parts, isDos) => {
        const pem = parts.map(([before, { cert }]) => `${before}\n${cert}`).join('');
        const found = certificatesIn(isDos ? pem.replaceAll('\n', '\r\n') : pem);
        const fingerprint = (cert: string) => new X509Certificate(cert).fingerprint256;
        expect(found.map(fingerprint)).toEqual(parts.map(([, { cert }]) => fingerprint(cert)));
      }),
    );
  });

  it('are none in any text without one', () => {
    fc.assert(fc.property(fc.string(), (text) => earliestExpiry(text) === undefined));
  });

  it('expire with the first of them', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: 1 }), (some) => {
        const pem = some.map(({ cert }) => cert).join('');
        expect(earliestExpiry(pem)).toBe(Math.min(...some.map(({ expiry }) => expiry)));
      }),
    );
  });

  it('have no expiry where one of them is none', () => {
    const broken = client.cert.replace('\nMII', '\nMIIx');
    expect(() => earliestExpiry(server.cert + broken)).toThrow();
  });
});

it('a certificate alone expires by itself', () => {
  expect(earliestExpiryOfChain(new X509Certificate(server.cert))).toBe(server.expiry);
});
