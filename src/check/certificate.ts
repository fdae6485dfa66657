import type { X509Certificate } from 'node:crypto';
import { expiryOf } from '../transport/certificates.ts';
import { oneLine } from '../transport/one-line.ts';

const day = 24 * 60 * 60 * 1000;

/** What a person wants to know of a certificate. A date that cannot be read is left out. */
export function certificateFacts(certificate: X509Certificate, now: number) {
  const expires = expiryOf(certificate);
  return {
    subject: shortName(certificate.subject),
    issuer: shortName(certificate.issuer),
    ...(Number.isFinite(expires) && {
      expires: new Date(expires).toISOString(),
      days_left: Math.floor((expires - now) / day),
    }),
  };
}

/** The names that a certificate is good for. */
export function namesOf({ subjectAltName, subject }: X509Certificate): string {
  const names = subjectAltName?.split(', ').map((name) => name.replace(/^(DNS|IP Address):/, ''));
  return oneLine(names?.join(', ') ?? shortName(subject));
}

/** Common name and organization of a distinguished name, which Node.js gives as lines `CN=…`. */
function shortName(lines: string | undefined): string {
  const partOf = (type: string) => new RegExp(`^${type}=(.*)$`, 'm').exec(lines ?? '')?.[1];
  const parts = [partOf('CN'), partOf('O')].filter((part) => part !== undefined);
  return oneLine(parts.length > 0 ? parts.join(', ') : (lines ?? 'nobody'));
}
