import { certificates, privateKey } from '../config/credential-files.ts';
import { boolean, list, map, type Table, text, under } from '../config/setting.ts';
import { hide } from '../config/show.ts';
import { line, oneOf } from '../config/texts.ts';
import { allNamed, cipherSuites, curves, named, tlsVersions } from './go-names.ts';
import { knownHeaders, responseHeaders } from './response-headers.ts';
import { bcryptHashes } from './users.ts';

/** Go's, weakest first. The two that verify need a CA of the clients. */
export const clientAuthTypes = [
  'NoClientCert',
  'RequestClientCert',
  'RequireAnyClientCert',
  'VerifyClientCertIfGiven',
  'RequireAndVerifyClientCert',
] as const;
export type ClientAuthType = (typeof clientAuthTypes)[number];

/** The settings of the file that `--web.config.file` names: exporter-toolkit's. */
export const webTable = {
  ...under('tls_server_config', {
    cert: text({ doc: 'The certificate, then its intermediates, in PEM.', format: inPem(certificates) }),
    cert_file: text({ doc: 'A file that holds them, instead of cert.', format: line }),
    key: text({ doc: 'The key of the certificate, in PEM, not encrypted.', format: inPem(privateKey), show: hide }),
    key_file: text({ doc: 'A file that holds it, instead of key.', format: line }),
    client_auth_type: text({
      doc: `Which certificate is asked of clients: ${clientAuthTypes.join(', ')}. The last one keeps strangers out.`,
      default: 'NoClientCert',
      format: oneOf(clientAuthTypes),
    }),
    client_ca: text({
      doc: 'Whose certificates are accepted of clients, in PEM; needed where they are verified.',
      format: inPem(certificates),
    }),
    client_ca_file: text({ doc: 'A file that holds them, instead of client_ca.', format: line }),
    client_allowed_sans: list({
      doc: 'DNS names, IP addresses, email addresses and URIs, one of which the certificate of a client must have.',
      format: alternativeNames,
    }),
    min_version: text({
      doc: `The lowest version of TLS: ${Object.keys(tlsVersions).join(', ')}. Below TLS12 the security level of OpenSSL is 0.`,
      default: 'TLS12',
      format: named(tlsVersions),
    }),
    max_version: text({ doc: 'The highest one.', default: 'TLS13', format: named(tlsVersions) }),
    cipher_suites: list({
      doc: 'The cipher suites of TLS 1.2 and below, by the names of `tls.CipherSuites()` of Go; without it those of Node.js. Those of TLS 1.3 are always there.',
      format: allNamed(cipherSuites),
    }),
    prefer_server_cipher_suites: boolean({
      doc: 'Whether the order of cipher_suites decides, or that of the client.',
      default: true,
      format: (raw) => raw,
    }),
    curve_preferences: list({
      doc: `The curves of the key exchange, the preferred one first: ${Object.keys(curves).join(', ')}. Without it those of Node.js.`,
      format: allNamed(curves),
    }),
  }),
  'http_server_config.http2': boolean({
    doc: 'Accepted, without effect: HTTP/1.1 is served.',
    default: true,
    format: (raw) => raw,
  }),
  'http_server_config.headers': map({
    doc: `Headers of the answers: ${Object.keys(knownHeaders).join(', ')}; an empty one is left out.`,
    default: [],
    format: responseHeaders,
  }),
  basic_auth_users: map({
    doc: 'User names, and the bcrypt hashes of their passwords, of a cost from 4 to 18.',
    default: [],
    format: bcryptHashes,
    show: hide,
  }),
} satisfies Table;

function inPem<V>(parse: (content: Buffer) => V): (raw: string) => V {
  return (raw) => parse(Buffer.from(raw));
}

function alternativeNames(raw: readonly string[]): readonly string[] {
  if (raw.length === 0 || raw.includes('')) throw new Error('at least one name, none of them empty');
  return raw;
}
