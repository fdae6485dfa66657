import { generateKeyPairSync } from 'node:crypto';
import forge from 'node-forge';

const { asn1, md, pem, pki } = forge;

function rsaKey(modulusLength: number) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength });
  const key = pki.privateKeyFromPem(privateKey.export({ type: 'pkcs1', format: 'pem' }).toString());
  return { privateKey: key, publicKey: pki.setRsaPublicKey(key.n, key.e) };
}

const strongKey = rsaKey(2048);
const weakKey = rsaKey(768);

interface Options {
  readonly key?: typeof strongKey;
  readonly issuer?: string;
  readonly issuerKey?: typeof strongKey;
  readonly digest?: { readonly create: () => forge.md.MessageDigest };
  /** A UTCTime of ASN.1. */
  readonly notBefore?: string;
  readonly notAfter?: string;
  readonly extensions?: readonly object[];
}

/** Issues a certificate, also one that no authority would sign. */
function issue(name: string, options: Options = {}): string {
  const { key = strongKey, issuer = 'Test CA', issuerKey = strongKey, extensions = [] } = options;
  const { digest = md.sha256, notBefore = '200101000000Z', notAfter = '490203000000Z' } = options;
  const certificate = pki.createCertificate();
  certificate.serialNumber = '01';
  certificate.publicKey = key.publicKey;
  certificate.setSubject([{ name: 'commonName', value: name }]);
  certificate.setIssuer([{ name: 'commonName', value: issuer }]);
  certificate.setExtensions([...extensions]);
  certificate.sign(issuerKey.privateKey, digest.create());
  // forge cannot write every date, so the dates are replaced here and the certificate is signed again.
  const whole = pki.certificateToAsn1(certificate);
  const [content, , signature] = partsOf(whole);
  const [, , , , validity] = partsOf(content);
  const [from, to] = partsOf(validity);
  if (!content || !signature || !from || !to) throw new Error('expected a certificate');
  from.value = notBefore;
  to.value = notAfter;
  const signed = digest.create().update(asn1.toDer(content).getBytes());
  signature.value = `\0${issuerKey.privateKey.sign(signed)}`;
  return pem.encode({ type: 'CERTIFICATE', body: asn1.toDer(whole).getBytes() });
}

function partsOf(parent: forge.asn1.Asn1 | undefined): forge.asn1.Asn1[] {
  return Array.isArray(parent?.value) ? parent.value : [];
}

/** Returns a server's certificate for localhost and 127.0.0.1, followed by intermediates, and its key. */
function server(options: Options, ...intermediates: readonly string[]) {
  const names = {
    name: 'subjectAltName',
    altNames: [
      { type: 2, value: 'localhost' },
      { type: 7, ip: '127.0.0.1' },
    ],
  };
  const cert = issue('localhost', { ...options, extensions: [names, ...(options.extensions ?? [])] });
  const { privateKey } = options.key ?? strongKey;
  return {
    cert: [cert, ...intermediates].join(''),
    key: pki.privateKeyToPem(privateKey),
    ciphers: 'DEFAULT:@SECLEVEL=0',
  };
}

/** Returns a new object each time, since forge modifies it. */
const authorityOf = (pathLength?: number) => ({
  name: 'basicConstraints',
  cA: true,
  critical: true,
  ...(pathLength !== undefined && { pathLenConstraint: pathLength }),
});

export const faultyAuthority = issue('Test CA', { extensions: [authorityOf()] });

/** When the certificates of `faultyServers` expire. */
export const faultyExpiry = Date.UTC(2049, 1, 3);

/** Servers whose certificates are rejected, by the fault of the certificate. */
export const faultyServers = {
  'a SHA-1 signature': server({ digest: md.sha1 }),
  'an MD5 signature': server({ digest: md.md5 }),
  'an intermediate with a SHA-1 signature': server(
    { issuer: 'Intermediate CA' },
    issue('Intermediate CA', { digest: md.sha1, extensions: [authorityOf()] }),
  ),
  'a weak key': server({ key: weakKey }),
  'an intermediate with a weak key': server(
    { issuer: 'Intermediate CA', issuerKey: weakKey },
    issue('Intermediate CA', { key: weakKey, extensions: [authorityOf()] }),
  ),
  'the purpose of a client': server({ extensions: [{ name: 'extKeyUsage', clientAuth: true }] }),
  'an intermediate that is no authority': server(
    { issuer: 'Intermediate CA' },
    issue('Intermediate CA', { extensions: [{ name: 'basicConstraints', cA: false }] }),
  ),
  'more intermediates than one of them allows': server(
    { issuer: 'Lower CA' },
    issue('Lower CA', { issuer: 'Upper CA', extensions: [authorityOf()] }),
    issue('Upper CA', { extensions: [authorityOf(0)] }),
  ),
  'a signature of another key': server({ issuerKey: weakKey }),
  'a start that is not a date': server({ notBefore: '201301000000Z' }),
  'a start in the future': server({ notBefore: '480101000000Z' }),
};

export const withoutEnd = server({ notAfter: '491301000000Z' });

/** A server with a valid certificate, but the issuer of its issuer has expired. */
export const expiredIssuer = server(
  { issuer: 'Lower CA' },
  issue('Lower CA', { issuer: 'Upper CA', extensions: [authorityOf()] }),
  issue('Upper CA', { notAfter: '210203000000Z', extensions: [authorityOf()] }),
);
