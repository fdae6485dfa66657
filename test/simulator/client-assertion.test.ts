import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { clientOfAssertion } from '../../src/simulator/client-assertion.ts';

const fixture = (name: string) => readFileSync(new URL(`../fixtures/config/${name}`, import.meta.url), 'utf8');
const certificate = fixture('client-cert.pem');
const own = createPrivateKey(fixture('client-key.pem'));
const thumbprint = createHash('sha256').update(new X509Certificate(certificate).raw).digest('base64url');
const now = new Date('2026-11-24T00:00:00Z');
const seconds = now.getTime() / 1000;

const clients = new Map([
  ['exporter', { clientId: 'exporter', clientSecret: 'a', certificate }],
  ['without', { clientId: 'without', clientSecret: 'a' }],
]);

const right = { iss: 'exporter', sub: 'exporter', aud: 'https://keycloak/token', exp: seconds + 60, jti: '1' };

function signed(claims: object, key = own, header: object = {}): Promise<string> {
  return new SignJWT({ ...claims }).setProtectedHeader({ alg: 'ES256', ...header }).sign(key);
}

function clientOf(assertion: string | undefined, needsThumbprint = false) {
  const audiences = ['https://keycloak/token', 'https://keycloak'];
  return clientOfAssertion(assertion, { clients, audiences, needsThumbprint, now });
}

describe('the client of an assertion', () => {
  it('is the one whose certificate verifies the signature', async () => {
    expect(await clientOf(await signed(right))).toBe('exporter');
    expect(await clientOf(await signed({ ...right, aud: 'https://keycloak' }))).toBe('exporter');
  });

  it.each([
    ['for another audience', { ...right, aud: 'https://elsewhere/token' }],
    ['that has expired', { ...right, exp: seconds - 1 }],
    ['without an expiry', { ...right, exp: undefined }],
    ['without an id', { ...right, jti: undefined }],
    ['about another client', { ...right, sub: 'without' }],
    ['of a client without a certificate', { ...right, iss: 'without', sub: 'without' }],
    ['of an unknown client', { ...right, iss: 'other', sub: 'other' }],
    ['without an issuer', { ...right, iss: undefined }],
  ])('is unknown for an assertion %s', async (_, claims) => {
    expect(await clientOf(await signed(claims))).toBeUndefined();
  });

  it('is unknown for a signature by another key, and for what is not a JWT', async () => {
    expect(await clientOf(await signed(right, createPrivateKey(fixture('other-key.pem'))))).toBeUndefined();
    expect(await clientOf('a.b.c')).toBeUndefined();
    expect(await clientOf(undefined)).toBeUndefined();
  });

  it('needs the thumbprint of the certificate if the provider requires it', async () => {
    expect(await clientOf(await signed(right), true)).toBeUndefined();
    expect(await clientOf(await signed(right, own, { 'x5t#S256': thumbprint }), true)).toBe('exporter');
  });
});
