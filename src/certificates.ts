import { X509Certificate } from 'node:crypto';

/** Returns the certificates in a PEM text (RFC 7468), each as PEM, without any other text between them. */
export function certificatesIn(pem: string): readonly string[] {
  return pem.match(/^-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/gm) ?? [];
}

/**
 * Returns the earliest expiry of the certificates in a PEM text, in Unix milliseconds; undefined without certificates.
 * Throws if one of them cannot be parsed.
 */
export function earliestExpiry(pem: string): number | undefined {
  return earliest(certificatesIn(pem).map((certificate) => new X509Certificate(certificate)));
}

/** Returns the earliest expiry of a certificate and its issuers, as a peer presented them. */
export function earliestExpiryOfChain(certificate: X509Certificate): number | undefined {
  const chain: X509Certificate[] = [];
  for (
    let next: X509Certificate | undefined = certificate;
    next && chain.length < maxChainLength;
    next = next.issuerCertificate
  ) {
    chain.push(next);
  }
  return earliest(chain);
}

/** Ends the walk along a chain whose certificates issue each other in a circle. */
const maxChainLength = 100;

/** Returns the expiry of a certificate; NaN if its date is invalid, for which `validToDate` holds an arbitrary date. */
export function expiryOf({ validTo }: X509Certificate): number {
  return Date.parse(validTo);
}

/** Ignores invalid dates: TLS refuses such a certificate anyway. */
function earliest(certificates: readonly X509Certificate[]): number | undefined {
  const expiries = certificates.map(expiryOf).filter(Number.isFinite);
  return expiries.length === 0 ? undefined : Math.min(...expiries);
}
