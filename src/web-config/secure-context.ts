import { constants } from 'node:crypto';
import { DEFAULT_CIPHERS, type SecureContextOptions } from 'node:tls';
import type { TlsServerConfig } from './web-config.ts';

/** Go has no say in these either: they are there wherever TLS 1.3 is. */
const ofTls13 = ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'];

/** What `tls.createServer` and `tls.createSecureContext` take. */
export function secureContextOptions(config: TlsServerConfig): SecureContextOptions {
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
