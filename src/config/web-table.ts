import { Secret } from '../secret.ts';
import { certificates, privateKey } from './files.ts';
import { line, oneOf } from './formats.ts';
import { boolean, hide, list, map, type Table, text, under } from './setting.ts';

/** The names of Go's crypto/tls, which exporter-toolkit's files use, and what OpenSSL calls the same. */

export const tlsVersions = { TLS10: 'TLSv1', TLS11: 'TLSv1.1', TLS12: 'TLSv1.2', TLS13: 'TLSv1.3' } as const;

/** Those of Go's `tls.CipherSuites()`. */
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

/** Gives OpenSSL's name, or throws an Error that completes 'expected …'. */
function named<const T extends Readonly<Record<string, string>>>(names: T): (raw: string) => T[keyof T] {
  return (raw) => {
    if (!Object.hasOwn(names, raw)) {
      throw new Error(`one of ${Object.keys(names).join(', ')}`);
    }
    return names[raw as keyof T];
  };
}

/** The same for a list. */
function allNamed<const T extends Readonly<Record<string, string>>>(
  names: T,
): (raw: readonly string[]) => readonly T[keyof T][] {
  return (raw) => raw.map(named(names));
}

/** exporter-toolkit's closed list, with the values that a header is limited to. */
const knownHeaders: Readonly<Record<string, readonly string[]>> = {
  'Content-Security-Policy': [],
  'Strict-Transport-Security': [],
  'X-Content-Type-Options': ['nosniff'],
  'X-Frame-Options': ['deny', 'sameorigin'],
  'X-XSS-Protection': [],
};

/** Throws an Error that completes 'expected …'. A header without a value is not sent. */
function responseHeaders(raw: readonly (readonly [string, string])[]): Readonly<Record<string, string>> {
  for (const [name, value] of raw) {
    const values = Object.hasOwn(knownHeaders, name) ? knownHeaders[name] : undefined;
    if (values === undefined) {
      throw new Error(`headers among ${Object.keys(knownHeaders).join(', ')}`);
    }
    if (value !== '' && values.length > 0 && !values.includes(value)) {
      throw new Error(`${values.join(' or ')} for ${name}`);
    }
    if (!/^[\t\x20-\x7e]*$/.test(value)) {
      throw new Error(`a value of ${name} in ASCII, without control characters`);
    }
  }
  return Object.fromEntries(raw.filter(([, value]) => value !== ''));
}

/** User names with the bcrypt hashes of their passwords; empty: no password is asked for. */
export type Users = ReadonlyMap<string, Secret>;

/** At a cost of 18 a password takes a core some twenty seconds; each step up doubles that. */
const hash = /^\$2[aby]\$(0[4-9]|1[0-8])\$[./A-Za-z\d]{53}$/;

/** Throws an Error that completes 'expected …'. */
function bcryptHashes(raw: readonly (readonly [string, string])[]): Users {
  for (const [username, password] of raw) {
    if (username === '' || /[:\p{Cc}]/u.test(username)) {
      throw new Error('user names that are not empty, without colons and control characters (RFC 7617)');
    }
    if (!hash.test(password)) {
      // What stands in the wrong place may be a password.
      const whose = /^[\w.@-]{1,64}$/.test(username) ? ` for ${username}` : '';
      throw new Error(`a bcrypt hash with a cost from 4 to 18${whose}, as \`htpasswd -nBC 10 <user>\` writes it`);
    }
  }
  return new Map(raw.map(([username, password]) => [username, new Secret(password)]));
}

export function sameUsers(one: Users, other: Users): boolean {
  return one.size === other.size && [...one].every(([username, hash]) => other.get(username)?.equals(hash) === true);
}

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
