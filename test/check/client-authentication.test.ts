import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { tokenEndpoint } from '../../src/check/check-target.ts';
import { diagnoseTokenRequest } from '../../src/check/diagnose-token.ts';
import { transportFailureOf } from '../../src/transport/transport-failure.ts';
import { fileWith, load } from '../config/loading.ts';
import { loopbackCertificate } from '../simulator/loopback-certificate.ts';
import { httpsServer } from '../transport/loopback.ts';
import { check, client, cluster, provider } from './checking.ts';

const fixture = (name: string) => readFileSync(new URL(`../fixtures/config/${name}`, import.meta.url));
const certificate = fixture('client-cert.pem').toString();
const certified = { ...client, certificate };
const files = Object.fromEntries(
  ['client-cert.pem', 'client-key.pem', 'other-key.pem', 'client.p12'].map((name) => [`conf/${name}`, fixture(name)]),
);

async function checkWith(oauth2: string, more: Readonly<Record<string, string>> = {}) {
  const { address } = await cluster();
  const file = fileWith(`oauth2: { client_id: exporter, ${oauth2} }`).replace('http://zeebe:8080', address.href);
  return check({ file, files: { ...files, ...more } });
}

describe('check: a client that authenticates with private_key_jwt', () => {
  it('gets a token from Keycloak, with a token URL and with an issuer', async () => {
    const { tokenUrl, issuerUrl } = await provider({ clients: [certified] });
    const key = 'client_certificate_key_file: client-key.pem';
    const { text, exitCode } = await checkWith(`${key}, token_url: '${tokenUrl}'`);
    expect(text).toMatch(/oauth2\.client_auth +private_key_jwt +default\n/);
    expect(text).toContain('✓ Token request');
    expect(exitCode).toBe(0);
    expect((await checkWith(`${key}, issuer_url: '${issuerUrl}'`)).exitCode).toBe(0);
  });

  it('gets a token from Entra ID with the certificate of a PKCS#12 file, whose password is not shown', async () => {
    const { tokenUrl } = await provider({ flavour: 'entra', clients: [certified] });
    const { exitCode, text } = await checkWith(
      `token_url: '${tokenUrl}', scopes: [exporter/.default], client_certificate_key_file: client.p12, client_certificate_key_password: opensesame`,
    );
    expect(exitCode).toBe(0);
    expect(text).toMatch(/oauth2\.client_certificate_key_password +<secret> /);
    expect(text).not.toContain('opensesame');
  });

  it('is rejected by Entra ID without the thumbprint of a certificate', async () => {
    const { tokenUrl } = await provider({ flavour: 'entra', clients: [certified] });
    const { failedStep } = await checkWith(
      `token_url: '${tokenUrl}', scopes: [exporter/.default], client_certificate_key_file: client-key.pem`,
    );
    expect(failedStep[1]).toMatch(
      /^The identity provider rejected the client .* with this key\. It returned: .*AADSTS700027/,
    );
  });

  it('is rejected with another key', async () => {
    const { tokenUrl } = await provider({ clients: [certified] });
    const { failedStep, exitCode } = await checkWith(
      `client_certificate_key_file: other-key.pem, token_url: '${tokenUrl}'`,
    );
    expect(exitCode).toBe(1);
    expect(failedStep).toEqual([
      'Token request',
      'The identity provider rejected the client "exporter" with this key. It returned: ' +
        'invalid_client: Client authentication with signed JWT failed: Signature on JWT token failed validation.',
      'Check oauth2.client_id and oauth2.client_certificate_key_file: the identity provider must know the public key ' +
        'or its certificate, the key id and the algorithm, both clocks must be right, and the client must be allowed ' +
        'client credentials.',
    ]);
  });
});

describe('check: a client that authenticates with tls_client_auth', () => {
  const tls =
    'client_auth: tls_client_auth, tls_config: { ca_file: ca.pem, cert_file: client-cert.pem, key_file: client-key.pem }';
  const ca = { 'conf/ca.pem': loopbackCertificate.cert };

  it('sends its certificate to the token endpoint', async () => {
    const shown: unknown[] = [];
    const url = await httpsServer(
      { ...loopbackCertificate, ca: certificate, requestCert: true, rejectUnauthorized: true },
      (_request, response) => {
        shown.push(_request.socket);
        response.setHeader('content-type', 'application/json').end('{"access_token":"opaque","expires_in":60}');
      },
    );
    const { text } = await checkWith(`${tls}, token_url: '${url}token'`, ca);
    expect(text).toContain('✓ Token request');
    expect(shown).toHaveLength(1);
  });

  it('is rejected by an error in the answer', async () => {
    const url = await httpsServer(loopbackCertificate, (_request, response) => {
      response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":"invalid_client"}');
    });
    const { failedStep } = await checkWith(`${tls}, token_url: '${url}token'`, ca);
    expect(failedStep).toEqual([
      'Token request',
      'The identity provider rejected the client "exporter" with this certificate. It returned: invalid_client.',
      'Check oauth2.client_id and oauth2.tls_config.cert_file: the identity provider must know the certificate as ' +
        'that of the client, and the client must be allowed client credentials.',
    ]);
  });

  it('is rejected by a TLS alert', () => {
    const file = fileWith(`oauth2: { client_id: exporter, token_url: 'https://keycloak/token', ${tls} }`);
    const [target] = load({ file, files: { ...files, ...ca } }).clusters;
    const oauth2 = target?.config.authentication;
    if (target === undefined || oauth2?.method !== 'oauth2') throw new Error('a cluster with oauth2 was expected');
    // The alert that Keycloak sends if it does not know the issuer of the certificate.
    const alert = transportFailureOf(new Error('SSL routines:ssl3_read_bytes:ssl/tls alert certificate unknown'));
    const failure = {
      reason: 'token_endpoint_unreachable',
      problem: { kind: 'unanswered', ...alert },
      request: { to: 'token_endpoint', url: 'https://keycloak/token' },
    } as const;
    expect(diagnoseTokenRequest({ ok: false, failure }, target, oauth2, tokenEndpoint(target, oauth2))).toEqual({
      problem: 'The identity provider rejected the client certificate of oauth2.tls_config.cert_file.',
      change:
        'Set oauth2.tls_config.cert_file and oauth2.tls_config.key_file to a certificate and key issued by a CA that ' +
        'the identity provider trusts.',
    });
  });
});
