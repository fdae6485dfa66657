import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createRequire } from 'node:module';
import type { asn1 } from 'node-forge';
import { omitUndefined } from '../omit-undefined.ts';
import { Secret } from '../secret.ts';
import type {
  ClientAuthentication,
  ClientAuthenticationMethod,
  PrivateKeyJwt,
  SignatureAlgorithm,
} from './client-authentication-config.ts';
import type { Settings } from './resolve.ts';
import {
  belongTogether,
  certificates,
  type FileSettings,
  pemOf,
  secretInFile,
  valueInFile,
  valueOrFile,
} from './setting-files.ts';
import type { clusterTable } from './settings-table.ts';

export type Cluster = FileSettings<typeof clusterTable>;
export type ClusterSettings = Settings<typeof clusterTable>;

const clientSecretMethods: readonly ClientAuthenticationMethod[] = ['client_secret_post', 'client_secret_basic'];

/** The methods that use each of these settings. With another method the setting is a problem. */
export const methodsOfSetting: ReadonlyMap<string, readonly ClientAuthenticationMethod[]> = new Map(
  Object.entries({
    'oauth2.client_secret': clientSecretMethods,
    'oauth2.client_secret_file': clientSecretMethods,
    'oauth2.client_certificate_key_file': ['private_key_jwt'],
    'oauth2.client_certificate_key_password': ['private_key_jwt'],
    'oauth2.client_certificate_key_password_file': ['private_key_jwt'],
    'oauth2.client_certificate_key_id': ['private_key_jwt'],
    'oauth2.client_certificate_file': ['private_key_jwt'],
    'oauth2.signature_algorithm': ['private_key_jwt'],
  }),
);

/** Returns undefined if something is wrong, which is reported. */
export function clientAuthentication(cluster: Cluster): ClientAuthentication | undefined {
  const { settings } = cluster;
  const { method, because } = chosenMethod(settings);
  for (const [key, methods] of methodsOfSetting) {
    if (settings.has(key) && !methods.includes(method)) {
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

/** Returns a secret in the settings or in a file; reports a problem if it is in neither. */
export function requiredSecret(
  cluster: Cluster,
  key: 'oauth2.client_secret' | 'basic_auth.password',
): Secret | undefined {
  const { settings } = cluster;
  const fileKey = `${key}_file`;
  if (!settings.has(key) && !settings.has(fileKey)) {
    settings.report(key, `a value, or a file that holds it in ${settings.name(fileKey)}`, 'nothing');
  }
  return valueOrFile(cluster, key, secretInFile);
}

interface Choice {
  readonly method: ClientAuthenticationMethod;
  readonly because: string;
}

function chosenMethod(settings: ClusterSettings): Choice {
  const written = settings.value('oauth2.client_auth');
  if (written !== undefined) return { method: written, because: `as client_auth is ${written}` };
  return settings.has('oauth2.client_certificate_key_file')
    ? { method: 'private_key_jwt', because: `because of ${settings.name('oauth2.client_certificate_key_file')}` }
    : { method: 'client_secret_post', because: 'as client_auth is client_secret_post by default' };
}

function privateKeyJwt(cluster: Cluster): PrivateKeyJwt | undefined {
  const { settings } = cluster;
  settings.required('oauth2.client_certificate_key_file');
  const password = valueOrFile(cluster, 'oauth2.client_certificate_key_password', secretInFile);
  const key = valueInFile(cluster, 'oauth2.client_certificate_key_file', (content) => signingKey(content, password));
  const ownCertificate = valueInFile(cluster, 'oauth2.client_certificate_file', certificates);
  if (key === undefined) return undefined;
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
    ...omitUndefined({
      keyId: settings.value('oauth2.client_certificate_key_id'),
      certificate: ownCertificate ?? key.certificate,
    }),
  };
}

/** Checks one of `cert_file` and `key_file` only, as each requires the other. */
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
  /** The certificate of the key (PEM), if the file holds it. */
  readonly certificate?: string;
}

/** The first algorithm is the default. */
const algorithmsOf: Readonly<Record<SigningKey['kind'], readonly [SignatureAlgorithm, ...SignatureAlgorithm[]]>> = {
  RSA: ['RS256', 'PS256'],
  EC: ['ES256'],
};

/**
 * Reads a private key in PEM (PKCS#8, PKCS#1 or SEC1), or the only one in a PKCS#12 file. Throws an Error whose message
 * completes 'a file with …'.
 */
function signingKey(content: Buffer, password: Secret | undefined): SigningKey {
  const pem = pemOf(content);
  if (pem.includes('-----BEGIN')) return checked(keyInPem(pem, password));
  const { key, certificates } = contentOfPkcs12(content, password);
  const certificate = certificates.find((candidate) => candidate.checkPrivateKey(key))?.toString();
  return { ...checked(key), ...omitUndefined({ certificate }) };
}

const unreadable = 'a private key in PEM or PKCS#12';
const locked = `${unreadable} that opens with the client_certificate_key_password beside it`;

/** Checks kind and size (RFC 7518, 3.3 to 3.5). */
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
    throw new Error(pem.includes('ENCRYPTED') ? locked : unreadable);
  }
}

interface Pkcs12 {
  readonly key: KeyObject;
  readonly certificates: readonly X509Certificate[];
}

function contentOfPkcs12(content: Buffer, password: Secret | undefined): Pkcs12 {
  // node-forge takes 10 MB of memory, so it is loaded only if there is such a file.
  const { asn1, pki, pkcs12 }: typeof import('node-forge') = createRequire(import.meta.url)('node-forge');
  const parsed = orExpected(unreadable, () => asn1.fromDer(content.toString('latin1')));
  const { safeContents } = orExpected(locked, () => pkcs12.pkcs12FromAsn1(parsed, false, password?.open() ?? ''));

  // node-forge parses RSA keys only and leaves others as ASN.1.
  const der = (value: asn1.Asn1) => Buffer.from(asn1.toDer(value).getBytes(), 'latin1');
  const bags = safeContents.flatMap(({ safeBags }) => safeBags);
  const keys = bags
    .filter(({ type }) => type === pki.oids.keyBag || type === pki.oids.pkcs8ShroudedKeyBag)
    .map(({ key, asn1 }) => der(key ? pki.wrapRsaPrivateKey(pki.privateKeyToAsn1(key)) : asn1));
  const certificates = bags
    .filter(({ type }) => type === pki.oids.certBag)
    .map(({ cert, asn1 }) => der(cert ? pki.certificateToAsn1(cert) : asn1));
  const [key, ...others] = keys;
  if (key === undefined || others.length > 0) throw new Error(`one private key in PKCS#12 (${keys.length} are in it)`);
  return orExpected(unreadable, () => ({
    key: createPrivateKey({ key, format: 'der', type: 'pkcs8' }),
    certificates: certificates.map((certificate) => new X509Certificate(certificate)),
  }));
}

/** Replaces the messages of node-forge, which may quote the file. */
function orExpected<T>(expected: string, read: () => T): T {
  try {
    return read();
  } catch {
    throw new Error(expected);
  }
}
