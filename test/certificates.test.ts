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

describe('PEM certificates', () => {
  it('are found among other text, in any order and with any line endings', () => {
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

  it('have no earliest expiry if the text contains none', () => {
    fc.assert(fc.property(fc.string(), (text) => earliestExpiry(text) === undefined));
  });

  it('have the earliest expiry of the one that expires first', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: 1 }), (some) => {
        const pem = some.map(({ cert }) => cert).join('');
        expect(earliestExpiry(pem)).toBe(Math.min(...some.map(({ expiry }) => expiry)));
      }),
    );
  });

  it('are rejected if one of them is invalid', () => {
    const broken = client.cert.replace('\nMII', '\nMIIx');
    expect(() => earliestExpiry(server.cert + broken)).toThrow();
  });
});

it('the earliest expiry of a chain of one certificate is its own', () => {
  expect(earliestExpiryOfChain(new X509Certificate(server.cert))).toBe(server.expiry);
});
