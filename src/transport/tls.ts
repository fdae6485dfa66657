import { DEFAULT_CIPHERS, type SecureContextOptions } from 'node:tls';
import type { TlsConfig } from '../config/config.ts';

/** Whom to trust, who one is and how it is encrypted, as Node.js takes it; what is not configured is left out. */
export function secureContextOptions({ ca, cert, key, minVersion }: TlsConfig): SecureContextOptions {
  const isOld = minVersion === 'TLSv1' || minVersion === 'TLSv1.1';
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key: key.open() }),
    ...(minVersion !== undefined && { minVersion }),
    // OpenSSL 3 speaks the old versions, whose signatures are by SHA-1, only where it may be insecure.
    ...(isOld && { ciphers: `${DEFAULT_CIPHERS}:@SECLEVEL=0` }),
  };
}
