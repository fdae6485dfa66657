import { clientAuthTypes } from './config.ts';
import { named, oneOf, singleLineText } from './formats.ts';
import { boolean, list, type Table, text } from './setting.ts';
import { certificates, privateKey } from './setting-files.ts';

/** The names of Go's crypto/tls, which Prometheus and exporter-toolkit use, and the names of Node.js. */
export const tlsVersions = { TLS10: 'TLSv1', TLS11: 'TLSv1.1', TLS12: 'TLSv1.2', TLS13: 'TLSv1.3' } as const;

const tlsVersion = named(tlsVersions);

/** `tls_config` of a client, as Prometheus has it. */
export const clientTls = {
  ca_file: text({
    doc: 'The certificate authorities to trust (PEM), instead of those that Node.js trusts.',
    format: singleLineText,
    variables: ['CAMUNDA_CA_CERTIFICATE_PATH', 'ZEEBE_CA_CERTIFICATE_PATH', 'CAMUNDA_MTLS_CA_PATH'],
  }),
  cert_file: text({
    doc: 'The client certificate (PEM). Requires key_file.',
    format: singleLineText,
    variables: ['CAMUNDA_MTLS_CERT_PATH'],
  }),
  key_file: text({
    doc: 'The key of the client certificate (PEM, not encrypted).',
    format: singleLineText,
    variables: ['CAMUNDA_MTLS_KEY_PATH'],
  }),
  server_name: text({
    doc: 'The server name to request (SNI) and to verify. Default: the host of the address.',
    format: singleLineText,
  }),
  insecure_skip_verify: boolean({
    doc: "Disables the verification of the server's certificate.",
    default: false,
    format: (raw) => raw,
  }),
  min_version: text({
    doc: 'The minimum TLS version: TLS10, TLS11, TLS12 or TLS13. Default: TLS12, as in Node.js. TLS10 and TLS11 also enable their weak algorithms.',
    format: tlsVersion,
  }),
} satisfies Table;

/** The names of Go's `tls.CipherSuites()`, and the names of OpenSSL. */
export const cipherSuites = {
  TLS_AES_128_GCM_SHA256: 'TLS_AES_128_GCM_SHA256',
  TLS_AES_256_GCM_SHA384: 'TLS_AES_256_GCM_SHA384',
  TLS_CHACHA20_POLY1305_SHA256: 'TLS_CHACHA20_POLY1305_SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
} as const;

export const curves = { CurveP256: 'P-256', CurveP384: 'P-384', CurveP521: 'P-521', X25519: 'X25519' } as const;

const cipherSuite = named(cipherSuites);
const curve = named(curves);

/** `tls_server_config` of the web configuration, as exporter-toolkit has it. */
export const serverTls = {
  cert: text({ doc: 'The certificate, then its intermediates (PEM).', format: inPem(certificates) }),
  cert_file: text({
    doc: 'A file with the certificate and its intermediates, instead of cert.',
    format: singleLineText,
  }),
  key: text({ doc: 'The key of the certificate (PEM, not encrypted).', format: inPem(privateKey), isSecret: true }),
  key_file: text({ doc: 'A file with the key, instead of key.', format: singleLineText }),
  client_auth_type: text({
    doc: `The client certificate policy: ${clientAuthTypes.join(', ')}. Only the last one rejects clients without a trusted certificate.`,
    default: 'NoClientCert',
    format: oneOf(clientAuthTypes),
  }),
  client_ca: text({
    doc: 'The certificate authorities of client certificates (PEM). Required if client certificates are verified.',
    format: inPem(certificates),
  }),
  client_ca_file: text({ doc: 'A file with these authorities, instead of client_ca.', format: singleLineText }),
  client_allowed_sans: list({
    doc: 'The subject alternative names (DNS names, IP addresses, email addresses, URIs) of which a client certificate must have one.',
    format: alternativeNames,
  }),
  min_version: text({
    doc: `The minimum TLS version: ${Object.keys(tlsVersions).join(', ')}. Below TLS12, OpenSSL runs at security level 0.`,
    default: 'TLS12',
    format: tlsVersion,
  }),
  max_version: text({ doc: 'The maximum TLS version.', default: 'TLS13', format: tlsVersion }),
  cipher_suites: list({
    doc: 'The cipher suites of TLS 1.2 and below, by the names of `tls.CipherSuites()` of Go. Default: those of Node.js. The cipher suites of TLS 1.3 are always enabled.',
    format: (raw) => raw.map(cipherSuite),
  }),
  prefer_server_cipher_suites: boolean({
    doc: 'True: the order of cipher_suites decides. False: the order of the client decides.',
    default: true,
    format: (raw) => raw,
  }),
  curve_preferences: list({
    doc: `The curves of the key exchange, the preferred one first: ${Object.keys(curves).join(', ')}. Default: those of Node.js.`,
    format: (raw) => raw.map(curve),
  }),
} satisfies Table;

function inPem<V>(parse: (content: Buffer) => V): (raw: string) => V {
  return (raw) => parse(Buffer.from(raw));
}

function alternativeNames(raw: readonly string[]): readonly string[] {
  if (raw.length === 0 || raw.includes('')) throw new Error('at least one name, none of them empty');
  return raw;
}
