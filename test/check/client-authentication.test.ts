import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { tokenEndpoint } from '../../src/check/check-target.ts';
import { tokenTrouble } from '../../src/check/diagnose-token.ts';
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

describe('private_key_jwt', () => {
  it('is taken by Keycloak, by token URL and by issuer', async () => {
    const { tokenUrl, issuerUrl } = await provider({ clients: [certified] });
    const key = 'client_certificate_key_file: client-key.pem';
    const { text, exitCode } = await checkWith(`${key}, token_url: '${tokenUrl}'`);
    expect(text).toMatch(/oauth2\.client_auth +private_key_jwt +default\n/);
    expect(text).toContain('✓ Token request');
    expect(exitCode).toBe(0);
    expect((await checkWith(`${key}, issuer_url: '${issuerUrl}'`)).exitCode).toBe(0);
  });

  it('is taken by Entra ID with the certificate of a PKCS#12 file, whose password is not shown', async () => {
    const { tokenUrl } = await provider({ flavour: 'entra', clients: [certified] });
    const { exitCode, text } = await checkWith(
      `token_url: '${tokenUrl}', scopes: [exporter/.default], client_certificate_key_file: client.p12, client_certificate_key_password: opensesame`,
    );
    expect(exitCode).toBe(0);
    expect(text).toMatch(/oauth2\.client_certificate_key_password +<secret> /);
    expect(text).not.toContain('opensesame');
  });

  it('is refused by Entra ID without the thumbprint of a certificate', async () => {
    const { tokenUrl } = await provider({ flavour: 'entra', clients: [certified] });
    const { trouble } = await checkWith(
      `token_url: '${tokenUrl}', scopes: [exporter/.default], client_certificate_key_file: client-key.pem`,
    );
    expect(trouble[1]).toMatch(/^The identity provider does not accept .* with this key\. It says: .*AADSTS700027/);
  });

  it('is refused with another key', async () => {
    const { tokenUrl } = await provider({ clients: [certified] });
    const { trouble, exitCode } = await checkWith(
      `client_certificate_key_file: other-key.pem, token_url: '${tokenUrl}'`,
    );
    expect(exitCode).toBe(1);
    expect(trouble).toEqual([
      'Token request',
      'The identity provider does not accept the client "exporter" with this key. It says: ' +
        'invalid_client: Client authentication with signed JWT failed: Signature on JWT token failed validation.',
      'Check oauth2.client_id and oauth2.client_certificate_key_file: the identity provider may have another public ' +
        'key or certificate for the client, want another algorithm or key id, or have another time, or the client may ' +
        'not be allowed to use client credentials.',
    ]);
  });
});

describe('tls_client_auth', () => {
  const tls =
    'client_auth: tls_client_auth, tls_config: { ca_file: ca.pem, cert_file: client-cert.pem, key_file: client-key.pem }';
  const ca = { 'conf/ca.pem': loopbackCertificate.cert };

  it('shows its certificate to the token endpoint', async () => {
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

  it('is refused by the words of the provider', async () => {
    const url = await httpsServer(loopbackCertificate, (_request, response) => {
      response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":"invalid_client"}');
    });
    const { trouble } = await checkWith(`${tls}, token_url: '${url}token'`, ca);
    expect(trouble).toEqual([
      'Token request',
      'The identity provider does not accept the client "exporter" with this certificate. It says: invalid_client.',
      'Check oauth2.client_id and oauth2.tls_config.cert_file: the identity provider may know the client by another ' +
        'certificate, or not trust who issued it, or the client may not be allowed to use client credentials.',
    ]);
  });

  it('is refused by the end of the connection', () => {
    const file = fileWith(`oauth2: { client_id: exporter, token_url: 'https://keycloak/token', ${tls} }`);
    const [target] = load({ file, files: { ...files, ...ca } }).clusters;
    const oauth2 = target?.config.authentication;
    if (target === undefined || oauth2?.method !== 'oauth2') throw new Error('a cluster with oauth2 was expected');
    // Keycloak's, where it does not know who issued the certificate.
    const error = new Error('SSL routines:ssl3_read_bytes:ssl/tls alert certificate unknown');
    const problem = { kind: 'unanswered', ...transportFailureOf(error) } as const;
    const failure = { reason: 'token_endpoint_unreachable', problem } as const;
    expect(tokenTrouble({ ok: false, failure }, target, oauth2, tokenEndpoint(target, oauth2))).toEqual({
      problem: 'The identity provider does not accept the client certificate of oauth2.tls_config.cert_file.',
      change:
        'Name one in oauth2.tls_config.cert_file and oauth2.tls_config.key_file that comes from an authority which ' +
        'the identity provider trusts.',
    });
  });
});
