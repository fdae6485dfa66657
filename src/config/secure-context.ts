import { constants } from 'node:crypto';
import { DEFAULT_CIPHERS, type SecureContextOptions } from 'node:tls';
import type { TlsConfig } from './config.ts';
import type { TlsServerConfig } from './web-config.ts';

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

/** Go has no say in these either: they are there wherever TLS 1.3 is. */
const ofTls13 = ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'];

/** What `tls.createServer` and `tls.createSecureContext` take. */
export function serverContextOptions(config: TlsServerConfig): SecureContextOptions {
  const { cert, key, clientAuthType, clientCa, minVersion, maxVersion, preferServerCipherSuites, curves } = config;
  return {
    cert,
    key: key.open(),
    minVersion,
    maxVersion,
    honorCipherOrder: preferServerCipherSuites,
    ciphers: ciphersOf(config),
    // A resumed session brings the certificate of the client with it, and OpenSSL does not look at its dates again.
    ...(clientAuthType !== 'NoClientCert' && { secureOptions: constants.SSL_OP_NO_TICKET }),
    ...(clientCa !== undefined && { ca: clientCa }),
    ...(curves !== undefined && { ecdhCurve: curves.join(':') }),
  };
}

function ciphersOf({ cipherSuites = [], minVersion }: TlsServerConfig): string {
  const ciphers = cipherSuites.length > 0 ? [...new Set([...ofTls13, ...cipherSuites])].join(':') : DEFAULT_CIPHERS;
  // OpenSSL 3 refuses the signatures of TLS 1.0 and 1.1 at any higher level.
  return minVersion < 'TLSv1.2' ? `${ciphers}:@SECLEVEL=0` : ciphers;
}
