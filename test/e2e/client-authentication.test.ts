import { createPublicKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type Authority, base64Of, createAuthority, type Identity, pkcs12 } from './authority.ts';
import { untilOutcomes } from './outcomes.ts';
import { createSystemFolder } from './process.ts';
import {
  certifiedClient,
  type Keycloak,
  layOutKeycloak,
  signingClient,
  signingClientWithKeyId,
} from './systems/keycloak.ts';
import { type RecordedCluster, startRecordedCluster } from './systems/recorded-cluster.ts';

describe('client authentication without a secret at Keycloak', () => {
  const password = 'of the PKCS#12 file';
  let authority: Authority;
  let keycloak: Keycloak;
  let cluster: RecordedCluster;
  let rsa: Identity;
  let ec: Identity;
  let certified: Identity;
  let unknown: Identity;
  let untrusted: Identity;
  beforeAll(async () => {
    const { data } = await createSystemFolder('certificates');
    authority = await createAuthority(data, 'authority');
    const otherAuthority = await createAuthority(data, 'other-authority');
    [rsa, ec, certified, unknown, untrusted] = await Promise.all([
      authority.issue('rsa', 'rsa'),
      authority.issue('ec'),
      authority.issue('certified'),
      authority.issue('unknown', 'rsa'),
      otherAuthority.issue('untrusted'),
    ]);
    const server = await authority.issue('server');
    keycloak = await layOutKeycloak({
      tls: { ...server, authorities: authority.certificate },
      clients: [
        signingClient('by-certificate', await base64Of(rsa)),
        signingClientWithKeyId('by-key-id', { ...(await publicKeyOf(ec)), kid: 'key-1', alg: 'ES256', use: 'sig' }),
        certifiedClient('by-tls', 'CN=certified'),
      ],
    });
    const keys = createRemoteJWKSet(new URL(`${keycloak.plainIssuer}/protocol/openid-connect/certs`));
    cluster = await startRecordedCluster({
      isAuthorized: async ({ headers: { authorization = '' } }) => {
        const verified = jwtVerify(authorization.replace(/^Bearer /, ''), keys);
        return verified.then(
          () => true,
          () => false,
        );
      },
    });
    await keycloak.start();
  });
  afterAll(() => Promise.all([keycloak.stop(), cluster.stop()]));

  const atCluster = (clients: Readonly<Record<string, object>>) =>
    Object.fromEntries(Object.entries(clients).map(([name, oauth2]) => [name, { address: cluster.address, oauth2 }]));

  it('by private_key_jwt succeeds with the right key, from PEM and from PKCS#12', async () => {
    const { plainIssuer, tokenUrl } = keycloak;
    const plainTokenUrl = `${plainIssuer}/protocol/openid-connect/token`;
    const signing = { client_auth: 'private_key_jwt', token_url: plainTokenUrl };
    const byCertificate = { ...signing, client_id: 'by-certificate', client_certificate_key_file: rsa.key };
    const byKeyId = { ...signing, client_id: 'by-key-id', client_certificate_key_id: 'key-1' };
    const clients = {
      RS256: byCertificate,
      'RS256 with its certificate': { ...byCertificate, client_certificate_file: rsa.certificate },
      'RS256 over https': {
        ...byCertificate,
        token_url: tokenUrl,
        tls_config: { ca_file: authority.certificate },
      },
      PS256: { ...byCertificate, signature_algorithm: 'PS256' },
      ES256: { ...byKeyId, client_certificate_key_file: ec.key },
      'RS256 from PKCS#12': {
        ...byCertificate,
        client_certificate_key_file: await pkcs12(rsa, password),
        client_certificate_key_password: password,
      },
      'ES256 from PKCS#12, by discovery': {
        client_auth: 'private_key_jwt',
        issuer_url: plainIssuer,
        client_id: 'by-key-id',
        client_certificate_key_id: 'key-1',
        client_certificate_key_file: await pkcs12(ec, password),
        client_certificate_key_password: password,
      },
      'wrong key': { ...byCertificate, client_certificate_key_file: unknown.key },
      'wrong client': { ...byCertificate, client_id: 'by-key-id' },
    };
    await untilOutcomes(
      {
        RS256: 'up',
        'RS256 with its certificate': 'up',
        'RS256 over https': 'up',
        PS256: 'up',
        ES256: 'up',
        'RS256 from PKCS#12': 'up',
        'ES256 from PKCS#12, by discovery': 'up',
        'wrong key': 'down: auth, invalid_client',
        'wrong client': 'down: auth, invalid_client',
      },
      atCluster(clients),
    );
  });

  it('by tls_client_auth succeeds only with the right certificate', async () => {
    const tls = ({ certificate, key }: Identity) => ({
      ca_file: authority.certificate,
      cert_file: certificate,
      key_file: key,
    });
    const byTls = { client_auth: 'tls_client_auth', client_id: 'by-tls' };
    const clients = {
      'by token URL': { ...byTls, token_url: keycloak.tokenUrl, tls_config: tls(certified) },
      'by discovery': { ...byTls, issuer_url: keycloak.issuer, tls_config: tls(certified) },
      'another name': { ...byTls, token_url: keycloak.tokenUrl, tls_config: tls(unknown) },
      'another authority': { ...byTls, token_url: keycloak.tokenUrl, tls_config: tls(untrusted) },
    };
    await untilOutcomes(
      {
        'by token URL': 'up',
        'by discovery': 'up',
        'another name': 'down: auth, invalid_client',
        'another authority': 'down: auth, token_endpoint_unreachable',
      },
      atCluster(clients),
    );
  });
});

async function publicKeyOf({ certificate }: Identity) {
  return createPublicKey(await readFile(certificate)).export({ format: 'jwk' });
}
