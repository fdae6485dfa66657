import { constants } from 'node:crypto';
import { DEFAULT_CIPHERS, type SecureContextOptions } from 'node:tls';
import { omitUndefined } from '../omit-undefined.ts';
import type { TlsConfig, TlsServerConfig } from './config.ts';

/** Returns the options of a client for `tls.connect`. */
export function secureContextOptions({ ca, cert, key, minVersion }: TlsConfig): SecureContextOptions {
  const isOld = minVersion === 'TLSv1' || minVersion === 'TLSv1.1';
  return {
    ...omitUndefined({ ca, cert, key: key?.open(), minVersion }),
    // OpenSSL 3 allows the old versions, whose signatures use SHA-1, at security level 0 only.
    ...(isOld && { ciphers: `${DEFAULT_CIPHERS}:@SECLEVEL=0` }),
  };
}

/** These are always enabled with TLS 1.3, as in Go. */
const ofTls13 = ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'];

/** Returns the options for `tls.createServer` and `tls.createSecureContext`. */
export function serverContextOptions(config: TlsServerConfig): SecureContextOptions {
  const { cert, key, clientAuthType, clientCa, minVersion, maxVersion, preferServerCipherSuites, curves } = config;
  return {
    cert,
    key: key.open(),
    minVersion,
    maxVersion,
    honorCipherOrder: preferServerCipherSuites,
    ciphers: ciphersOf(config),
    // OpenSSL does not check the dates of the client certificate again when a session is resumed.
    ...(clientAuthType !== 'NoClientCert' && { secureOptions: constants.SSL_OP_NO_TICKET }),
    ...omitUndefined({ ca: clientCa, ecdhCurve: curves?.join(':') }),
  };
}

function ciphersOf({ cipherSuites = [], minVersion }: TlsServerConfig): string {
  const ciphers = cipherSuites.length > 0 ? [...new Set([...ofTls13, ...cipherSuites])].join(':') : DEFAULT_CIPHERS;
  // OpenSSL 3 rejects the signatures of TLS 1.0 and 1.1 at higher security levels.
  return minVersion < 'TLSv1.2' ? `${ciphers}:@SECLEVEL=0` : ciphers;
}
