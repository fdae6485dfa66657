import { earliestExpiry } from '../certificates.ts';
import type { TransportConfig } from '../config/config.ts';

/** Returns when the certificate shown to a server expires, in Unix milliseconds. Over plain HTTP none is presented. */
export function clientCertificateExpiry({ protocol }: URL, { tls }: TransportConfig): number | undefined {
  return protocol === 'https:' && tls.cert !== undefined ? earliestExpiry(tls.cert) : undefined;
}
