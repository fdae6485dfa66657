import { X509Certificate } from 'node:crypto';

/** The certificates in a PEM text (RFC 7468), each of them a PEM text; other text between them is left out. */
export function certificatesIn(pem: string): readonly string[] {
  return pem.match(/^-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/gm) ?? [];
}

/**
 * When the first of the certificates in a PEM text expires, Unix time in milliseconds; undefined where there is none.
 * Throws where one of them is none.
 */
export function earliestExpiry(pem: string): number | undefined {
  return earliest(certificatesIn(pem).map((certificate) => new X509Certificate(certificate)));
}

/** The same of a certificate and those behind it, as the other side of a connection has shown them. */
export function earliestExpiryOfChain(certificate: X509Certificate): number | undefined {
  const chain: X509Certificate[] = [];
  for (
    let next: X509Certificate | undefined = certificate;
    next && chain.length < longestChain;
    next = next.issuerCertificate
  ) {
    chain.push(next);
  }
  return earliest(chain);
}

/** A chain that issues itself in a circle ends, too. */
const longestChain = 100;

/** When a certificate expires; NaN where its date cannot be read, for which Node.js gives any date as `validToDate`. */
export function expiryOf({ validTo }: X509Certificate): number {
  return Date.parse(validTo);
}

/** Passes over a date that cannot be read: such a certificate is refused for it. */
function earliest(certificates: readonly X509Certificate[]): number | undefined {
  const expiries = certificates.map(expiryOf).filter(Number.isFinite);
  return expiries.length === 0 ? undefined : Math.min(...expiries);
}
