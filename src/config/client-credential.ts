import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createRequire } from 'node:module';
import type { asn1 } from 'node-forge';
import { Secret } from '../secret.ts';
import { type Cluster, type ClusterSettings, defined, optionalSecret, requiredSecret } from './cluster-settings.ts';
import type { ClientAuthentication, ClientAuthenticationMethod, PrivateKeyJwt, SignatureAlgorithm } from './config.ts';
import { belongTogether, certificates, pemOf } from './files.ts';

const clientSecretMethods = ['client_secret_post', 'client_secret_basic'] as const;

/** Settings that mean nothing to other methods. */
const methodsOf = {
  'oauth2.client_secret': clientSecretMethods,
  'oauth2.client_secret_file': clientSecretMethods,
  'oauth2.client_certificate_key_file': ['private_key_jwt'],
  'oauth2.client_certificate_key_password': ['private_key_jwt'],
  'oauth2.client_certificate_key_password_file': ['private_key_jwt'],
  'oauth2.client_certificate_key_id': ['private_key_jwt'],
  'oauth2.client_certificate_file': ['private_key_jwt'],
  'oauth2.signature_algorithm': ['private_key_jwt'],
} as const;

/** How the client authenticates, by what is set. Undefined where something is wrong, which is reported. */
export function clientAuthentication(cluster: Cluster): ClientAuthentication | undefined {
  const { settings } = cluster;
  const { method, because } = chosenMethod(settings);
  for (const [key, methods] of Object.entries(methodsOf)) {
    if (settings.has(key) && !methods.some((candidate) => candidate === method)) {
      settings.report(key, `nothing, ${because}`, 'a value');
    }
  }
  switch (method) {
    case 'client_secret_post':
    case 'client_secret_basic': {
      const secret = requiredSecret(cluster, 'oauth2.client_secret');
      return secret && { method, secret };
    }
    case 'private_key_jwt':
      return privateKeyJwt(cluster);
    case 'tls_client_auth':
      requireCertificate(settings);
      return { method };
  }
}

interface Choice {
  readonly method: ClientAuthenticationMethod;
  readonly because: string;
}

function chosenMethod(settings: ClusterSettings): Choice {
  const written = settings.value('oauth2.client_auth');
  if (written !== undefined) {
    return { method: written, because: `as client_auth is ${written}` };
  }
  return settings.has('oauth2.client_certificate_key_file')
    ? { method: 'private_key_jwt', because: `because of ${settings.name('oauth2.client_certificate_key_file')}` }
    : { method: 'client_secret_post', because: 'as client_auth is client_secret_post by default' };
}

function privateKeyJwt(cluster: Cluster): PrivateKeyJwt | undefined {
  const { settings, read } = cluster;
  settings.required('oauth2.client_certificate_key_file');
  const password = optionalSecret(cluster, 'oauth2.client_certificate_key_password');
  const key = read('oauth2.client_certificate_key_file', (content) => signingKey(content, password));
  const ownCertificate = read('oauth2.client_certificate_file', certificates);
  if (key === undefined) {
    return undefined;
  }
  if (ownCertificate !== undefined && !belongTogether(ownCertificate, key.pem)) {
    settings.report(
      'oauth2.client_certificate_file',
      'the certificate of the key in client_certificate_key_file',
      'that of another key',
    );
  }
  const algorithms = algorithmsOf[key.kind];
  const algorithm = settings.value('oauth2.signature_algorithm') ?? algorithms[0];
  if (!algorithms.includes(algorithm)) {
    const expected = `${algorithms.join(' or ')}, as the key in client_certificate_key_file is ${key.kind}`;
    settings.report('oauth2.signature_algorithm', expected, algorithm);
  }
  return {
    method: 'private_key_jwt',
    key: key.pem,
    algorithm,
    ...defined({
      keyId: settings.value('oauth2.client_certificate_key_id'),
      certificate: ownCertificate ?? key.certificate,
    }),
  };
}

/** One of `cert_file` and `key_file` asks for the other by itself. */
function requireCertificate(settings: ClusterSettings): void {
  if (!settings.has('oauth2.tls_config.cert_file') && !settings.has('oauth2.tls_config.key_file')) {
    const expected = 'the client certificate, as client_auth is tls_client_auth';
    settings.report('oauth2.tls_config.cert_file', expected, 'nothing');
  }
  const tokenUrl = settings.value('oauth2.token_url');
  if (tokenUrl !== undefined && tokenUrl.protocol !== 'https:') {
    const expected = 'a URL that begins with https://, as client_auth is tls_client_auth';
    settings.report('oauth2.token_url', expected, settings.shown('oauth2.token_url'));
  }
}

export interface SigningKey {
  /** PKCS#8 in PEM, not encrypted. */
  readonly pem: Secret;
  readonly kind: 'RSA' | 'EC';
  /** PEM; the one of the key, where the file holds it. */
  readonly certificate?: string;
}

/** The first one is the default. */
const algorithmsOf: Readonly<Record<SigningKey['kind'], readonly [SignatureAlgorithm, ...SignatureAlgorithm[]]>> = {
  RSA: ['RS256', 'PS256'],
  EC: ['ES256'],
};

/**
 * A private key in PEM (PKCS#8, PKCS#1 or SEC1), or the only one in a PKCS#12 file. Throws an Error whose message
 * completes 'a file with …'.
 */
function signingKey(content: Buffer, password: Secret | undefined): SigningKey {
  const pem = pemOf(content);
  if (pem.includes('-----BEGIN')) {
    return checked(keyInPem(pem, password));
  }
  const { key, certificates } = contentOfPkcs12(content, password);
  const certificate = certificates.find((candidate) => candidate.checkPrivateKey(key))?.toString();
  return { ...checked(key), ...(certificate !== undefined && { certificate }) };
}

const unreadable = 'a private key in PEM or PKCS#12';
const closed = `${unreadable} that opens with the client_certificate_key_password beside it`;

/** RFC 7518, 3.3 to 3.5. */
function checked(key: KeyObject): SigningKey {
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {};
  const isRsa = key.asymmetricKeyType === 'rsa' && modulusLength >= 2048;
  if (!isRsa && namedCurve !== 'prime256v1') {
    throw new Error('an RSA key of at least 2048 bits, or an EC key on the curve P-256');
  }
  return {
    pem: new Secret(key.export({ type: 'pkcs8', format: 'pem' }).toString()),
    kind: isRsa ? 'RSA' : 'EC',
  };
}

function keyInPem(pem: string, password: Secret | undefined): KeyObject {
  try {
    return createPrivateKey({ key: pem, ...(password && { passphrase: password.open() }) });
  } catch {
    throw new Error(pem.includes('ENCRYPTED') ? closed : unreadable);
  }
}

interface Pkcs12 {
  readonly key: KeyObject;
  readonly certificates: readonly X509Certificate[];
}

function contentOfPkcs12(content: Buffer, password: Secret | undefined): Pkcs12 {
  // Loaded only where there is such a file: it takes 10 MB.
  const { asn1, pki, pkcs12 }: typeof import('node-forge') = createRequire(import.meta.url)('node-forge');
  const parsed = trying(unreadable, () => asn1.fromDer(content.toString('latin1')));
  const { safeContents } = trying(closed, () => pkcs12.pkcs12FromAsn1(parsed, false, password?.open() ?? ''));

  // What is not RSA is handed on unread.
  const der = (value: asn1.Asn1) => Buffer.from(asn1.toDer(value).getBytes(), 'latin1');
  const bags = safeContents.flatMap(({ safeBags }) => safeBags);
  const keys = bags
    .filter(({ type }) => type === pki.oids.keyBag || type === pki.oids.pkcs8ShroudedKeyBag)
    .map(({ key, asn1 }) => der(key ? pki.wrapRsaPrivateKey(pki.privateKeyToAsn1(key)) : asn1));
  const certificates = bags
    .filter(({ type }) => type === pki.oids.certBag)
    .map(({ cert, asn1 }) => der(cert ? pki.certificateToAsn1(cert) : asn1));
  const [key, ...others] = keys;
  if (key === undefined || others.length > 0) {
    throw new Error(`one private key in PKCS#12 (${keys.length} are in it)`);
  }
  return trying(unreadable, () => ({
    key: createPrivateKey({ key, format: 'der', type: 'pkcs8' }),
    certificates: certificates.map((certificate) => new X509Certificate(certificate)),
  }));
}

/** The library's own messages may quote what it read. */
function trying<T>(expected: string, read: () => T): T {
  try {
    return read();
  } catch {
    throw new Error(expected);
  }
}
