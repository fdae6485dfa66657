import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { ClientAuthentication, PrivateKeyJwt } from '../../src/config/client-authentication-config.ts';
import { complaints, oauth2Of, saasAddress, saasFileWith } from './loading.ts';

const place = 'conf/exporter.yml:4: clusters[0].oauth2';
const names = [
  'client-cert.pem',
  'client-key.pem',
  'other-key.pem',
  'client.p12',
  'rsa-legacy.p12',
  'keytool.p12',
  'two-keys.p12',
  'no-key.p12',
];
const fixtures = Object.fromEntries(
  names.map((name) => [`conf/${name}`, readFileSync(new URL(`../fixtures/config/${name}`, import.meta.url))]),
);
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

interface Given {
  /** Beside client_id, as it stands in the file. */
  readonly oauth2: string;
  /** By their names in the folder of the configuration. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
}

function given({ oauth2, files = {} }: Given) {
  const inConf = Object.entries(files).map(([name, content]) => [`conf/${name}`, content]);
  return {
    file: saasFileWith(`oauth2: { client_id: exporter, ${oauth2} }`),
    files: { ...fixtures, ...Object.fromEntries(inConf) },
  };
}

function authentication(settings: Given): ClientAuthentication {
  return oauth2Of(given(settings)).clientAuthentication;
}

function signing(settings: Given): PrivateKeyJwt {
  const chosen = authentication(settings);
  if (chosen.method !== 'private_key_jwt') throw new Error(`private_key_jwt was expected, not ${chosen.method}`);
  return chosen;
}

function publicKeyOf(key: KeyObject | string) {
  return createPublicKey(key).export({ type: 'spki', format: 'pem' });
}

function certificateOf({ key, certificate = '' }: PrivateKeyJwt): X509Certificate {
  const parsed = new X509Certificate(certificate);
  expect(parsed.checkPrivateKey(createPrivateKey(key.open()))).toBe(true);
  return parsed;
}

const pems: readonly [string, KeyObject, string | Buffer][] = [
  ['PKCS#8', rsa, rsa.export({ type: 'pkcs8', format: 'pem' })],
  ['PKCS#1', rsa, rsa.export({ type: 'pkcs1', format: 'pem' })],
  ['PKCS#8 of an EC key', ec, ec.export({ type: 'pkcs8', format: 'pem' })],
  ['SEC1', ec, ec.export({ type: 'sec1', format: 'pem' })],
];
const cipher = { cipher: 'aes-256-cbc', passphrase: 'opensesame' };

describe('the key of private_key_jwt', () => {
  it.each(pems)('is read from %s', (_, key, pem) => {
    const { key: read } = signing({ oauth2: 'client_certificate_key_file: a.pem', files: { 'a.pem': pem } });
    expect(publicKeyOf(read.open())).toBe(publicKeyOf(key));
  });

  it.each([
    ['PKCS#8', rsa, rsa.export({ type: 'pkcs8', format: 'pem', ...cipher })],
    ['PKCS#1', rsa, rsa.export({ type: 'pkcs1', format: 'pem', ...cipher })],
    ['SEC1', ec, ec.export({ type: 'sec1', format: 'pem', ...cipher })],
  ])('is read from encrypted %s', (_, key, pem) => {
    const { key: read } = signing({
      oauth2: 'client_certificate_key_file: a.pem, client_certificate_key_password: opensesame',
      files: { 'a.pem': pem },
    });
    expect(publicKeyOf(read.open())).toBe(publicKeyOf(key));
  });

  it.each([
    ['OpenSSL 3', 'client.p12', 'ES256', 'CN=exporter test client'],
    ['OpenSSL with the old algorithms', 'rsa-legacy.p12', 'RS256', 'CN=rsa'],
    ['keytool', 'keytool.p12', 'RS256', 'CN=java'],
  ])('is read, with its certificate, from PKCS#12 by %s', (_, name, algorithm, subject) => {
    const read = signing({
      oauth2: `client_certificate_key_file: ${name}, client_certificate_key_password_file: password`,
      files: { password: 'opensesame\n' },
    });
    expect(read.algorithm).toBe(algorithm);
    expect(certificateOf(read).subject).toBe(subject);
  });

  it('chooses the algorithm, unless one is set that it can have', () => {
    const with_ = (key: KeyObject, algorithm = '') =>
      given({
        oauth2: `client_certificate_key_file: a.pem, ${algorithm}`,
        files: { 'a.pem': key.export({ type: 'pkcs8', format: 'pem' }) },
      });
    const algorithmOf = (...of: Parameters<typeof with_>) => oauth2Of(with_(...of)).clientAuthentication;
    expect(algorithmOf(rsa)).toMatchObject({ algorithm: 'RS256' });
    expect(algorithmOf(ec)).toMatchObject({ algorithm: 'ES256' });
    expect(algorithmOf(rsa, 'signature_algorithm: PS256')).toMatchObject({ algorithm: 'PS256' });
    expect(complaints(with_(rsa, 'signature_algorithm: ES256'))).toEqual([
      `${place}.signature_algorithm: expected RS256 or PS256, as the key in client_certificate_key_file is RSA, found ES256`,
    ]);
    expect(complaints(with_(ec, 'signature_algorithm: PS256'))).toEqual([
      `${place}.signature_algorithm: expected ES256, as the key in client_certificate_key_file is EC, found PS256`,
    ]);
    expect(complaints(with_(rsa, 'signature_algorithm: HS256'))).toEqual([
      `${place}.signature_algorithm: expected one of RS256, PS256, ES256, found "HS256"`,
    ]);
  });

  it.each<[string, string | Buffer, string, string]>([
    ['is no key', 'opensesame', '', 'a private key in PEM or PKCS#12'],
    ['is cut short', fixtures['conf/client.p12']?.subarray(0, 500) ?? '', '', 'a private key in PEM or PKCS#12'],
    ['is a certificate', fixtures['conf/client-cert.pem'] ?? '', '', 'a private key in PEM or PKCS#12'],
    [
      'is a public key in DER',
      createPublicKey(rsa).export({ type: 'spki', format: 'der' }),
      '',
      'a private key in PEM or PKCS#12 that opens with the client_certificate_key_password beside it',
    ],
    [
      'is too small',
      generateKeyPairSync('rsa', { modulusLength: 2047 }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
      '',
      'an RSA key of at least 2048 bits, or an EC key on the curve P-256',
    ],
    [
      'is on another curve',
      generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
      '',
      'an RSA key of at least 2048 bits, or an EC key on the curve P-256',
    ],
    [
      'is neither RSA nor EC',
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }),
      '',
      'an RSA key of at least 2048 bits, or an EC key on the curve P-256',
    ],
    [
      'misses its password',
      rsa.export({ type: 'pkcs8', format: 'pem', ...cipher }),
      '',
      'a private key in PEM or PKCS#12 that opens with the client_certificate_key_password beside it',
    ],
    [
      'has another password',
      rsa.export({ type: 'pkcs8', format: 'pem', ...cipher }),
      ', client_certificate_key_password: wrong',
      'a private key in PEM or PKCS#12 that opens with the client_certificate_key_password beside it',
    ],
    [
      'is in PKCS#12 with another password',
      fixtures['conf/client.p12'] ?? '',
      ', client_certificate_key_password: wrong',
      'a private key in PEM or PKCS#12 that opens with the client_certificate_key_password beside it',
    ],
    [
      'is one of two',
      fixtures['conf/two-keys.p12'] ?? '',
      ', client_certificate_key_password: opensesame',
      'one private key in PKCS#12 (2 are in it)',
    ],
    [
      'is missing beside its certificate',
      fixtures['conf/no-key.p12'] ?? '',
      ', client_certificate_key_password: opensesame',
      'one private key in PKCS#12 (0 are in it)',
    ],
  ])('that %s is an error', (_, content, password, expected) => {
    const oauth2 = `client_certificate_key_file: a${password}`;
    expect(complaints(given({ oauth2, files: { a: content } }))).toEqual([
      `${place}.client_certificate_key_file: expected a file with ${expected}, found another content in ${process.cwd()}/conf/a`,
    ]);
  });

  it('is read from any bytes without anything but a problem in words of our own', () => {
    const pkcs12 = fixtures['conf/client.p12'] ?? Buffer.alloc(0);
    // The counts of iterations are in the front and at the end: left alone, so that no damage makes it take minutes.
    const damage = fc.record({
      at: fc.integer({ min: 200, max: pkcs12.length - 120 }),
      to: fc.integer({ max: 255, min: 0 }),
    });
    const damaged = damage.map(({ at, to }) => {
      const copy = Buffer.from(pkcs12);
      copy[at] = to;
      return copy;
    });
    const any = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
    const oauth2 = 'client_certificate_key_file: a, client_certificate_key_password: opensesame';
    fc.assert(
      fc.property(fc.oneof(any, damaged), (content) => {
        fc.pre(!content.equals(pkcs12));
        expect(complaints(given({ oauth2, files: { a: content } })).join()).toMatch(
          /expected a file with (a private key in PEM or PKCS#12( that opens [^,]*)?|one private key[^,]*), found another content/,
        );
      }),
      { numRuns: 50 },
    );
  });
});

describe('the certificate of private_key_jwt', () => {
  it('is left out where none is given', () => {
    expect(signing({ oauth2: 'client_certificate_key_file: client-key.pem' })).not.toHaveProperty('certificate');
  });

  it('may stand in a file of its own', () => {
    const oauth2 = 'client_certificate_key_file: client-key.pem, client_certificate_file: client-cert.pem';
    expect(certificateOf(signing({ oauth2 })).subject).toBe('CN=exporter test client');
  });

  it('is that of the key', () => {
    const oauth2 = 'client_certificate_key_file: other-key.pem, client_certificate_file: client-cert.pem';
    expect(complaints(given({ oauth2 }))).toEqual([
      `${place}.client_certificate_file: expected the certificate of the key in client_certificate_key_file, found that of another key`,
    ]);
  });
});

describe('client_auth', () => {
  it('follows from what is set', () => {
    expect(authentication({ oauth2: 'client_secret: a' }).method).toBe('client_secret_post');
    expect(signing({ oauth2: 'client_certificate_key_file: client-key.pem, client_certificate_key_id: kid' })).toEqual(
      expect.objectContaining({ method: 'private_key_jwt', keyId: 'kid' }),
    );
  });

  it('follows from the variables of the official Java client', () => {
    const env = {
      ZEEBE_REST_ADDRESS: saasAddress,
      CAMUNDA_CLIENT_ID: 'exporter',
      CAMUNDA_CLIENT_ASSERTION_KEYSTORE_PATH: 'conf/client.p12',
      CAMUNDA_CLIENT_ASSERTION_KEYSTORE_PASSWORD: 'opensesame',
    };
    expect(oauth2Of({ env, files: fixtures }).clientAuthentication).toMatchObject({ method: 'private_key_jwt' });
    expect(complaints({ env: { ...env, CAMUNDA_CLIENT_SECRET: 'a' }, files: fixtures })).toEqual([
      'CAMUNDA_CLIENT_SECRET: expected nothing, because of CAMUNDA_CLIENT_ASSERTION_KEYSTORE_PATH, found a value',
    ]);
    const { ZEEBE_REST_ADDRESS, CAMUNDA_CLIENT_ASSERTION_KEYSTORE_PATH } = env;
    const withoutId = { ZEEBE_REST_ADDRESS, CAMUNDA_CLIENT_ASSERTION_KEYSTORE_PATH };
    expect(complaints({ env: withoutId, files: fixtures })).toEqual([
      'CAMUNDA_CLIENT_ID: expected a value, found nothing',
      `CAMUNDA_CLIENT_ASSERTION_KEYSTORE_PATH: expected a file with a private key in PEM or PKCS#12 that opens with the client_certificate_key_password beside it, found another content in ${process.cwd()}/conf/client.p12`,
    ]);
  });

  it('private_key_jwt needs a key', () => {
    expect(complaints(given({ oauth2: 'client_auth: private_key_jwt' }))).toEqual([
      `${place}.client_certificate_key_file: expected a value, found nothing`,
    ]);
  });

  it('private_key_jwt goes with no secret, and has one password', () => {
    const oauth2 =
      'client_auth: private_key_jwt, client_secret: a, client_secret_file: b, ' +
      'client_certificate_key_file: client-key.pem, ' +
      'client_certificate_key_password: a, client_certificate_key_password_file: a';
    expect(complaints(given({ oauth2, files: { a: 'a' } })).map((line) => line.replace(`${place}.`, ''))).toEqual([
      'client_secret: expected nothing, as client_auth is private_key_jwt, found a value',
      'client_secret_file: expected nothing, as client_auth is private_key_jwt, found a value',
      'client_certificate_key_password_file: expected only one of oauth2.client_certificate_key_password and oauth2.client_certificate_key_password_file, found both',
    ]);
  });

  it.each([
    'client_certificate_key_password: a',
    'client_certificate_key_password_file: a',
    'client_certificate_key_id: a',
    'client_certificate_file: client-cert.pem',
    'signature_algorithm: RS256',
  ])('with a secret leaves nothing to do for %s', (setting) => {
    const [key] = setting.split(':');
    expect(complaints(given({ oauth2: `client_secret: a, ${setting}`, files: { a: 'a' } }))).toEqual([
      `${place}.${key}: expected nothing, as client_auth is client_secret_post by default, found a value`,
    ]);
    const oauth2 = `client_secret: a, client_auth: client_secret_basic, client_certificate_key_file: client-key.pem`;
    expect(complaints(given({ oauth2 }))).toEqual([
      `${place}.client_certificate_key_file: expected nothing, as client_auth is client_secret_basic, found a value`,
    ]);
  });

  it('tls_client_auth needs a client certificate', () => {
    const tls = 'tls_config: { cert_file: client-cert.pem, key_file: client-key.pem }';
    const whole = oauth2Of(given({ oauth2: `client_auth: tls_client_auth, ${tls}` }));
    expect(whole.clientAuthentication).toEqual({ method: 'tls_client_auth' });
    expect(whole.transport.tls.cert).toContain('CERTIFICATE');
    expect(complaints(given({ oauth2: 'client_auth: tls_client_auth' }))).toEqual([
      `${place}.tls_config.cert_file: expected the client certificate, as client_auth is tls_client_auth, found nothing`,
    ]);
    const half = 'client_auth: tls_client_auth, tls_config: { cert_file: client-cert.pem }';
    expect(complaints(given({ oauth2: half }))).toEqual([
      `${place}.tls_config.key_file: expected a value, found nothing`,
    ]);
  });

  it('tls_client_auth needs an encrypted connection, and no secret', () => {
    const tls = 'tls_config: { cert_file: client-cert.pem, key_file: client-key.pem }';
    const oauth2 = `client_auth: tls_client_auth, client_secret: a, token_url: "http://keycloak/token", ${tls}`;
    expect(complaints(given({ oauth2 }))).toEqual([
      `${place}.client_secret: expected nothing, as client_auth is tls_client_auth, found a value`,
      `${place}.token_url: expected a URL that begins with https://, as client_auth is tls_client_auth, found "http://keycloak/token"`,
    ]);
  });

  it('that is not known is the only problem', () => {
    expect(complaints(given({ oauth2: 'client_auth: none, client_secret: a' }))).toEqual([
      `${place}.client_auth: expected one of client_secret_post, client_secret_basic, private_key_jwt, tls_client_auth, found "none"`,
    ]);
  });
});
