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

function judge(assertion: string | undefined, needsThumbprint = false) {
  const audiences = ['https://keycloak/token', 'https://keycloak'];
  return clientOfAssertion(assertion, { clients, audiences, needsThumbprint, now });
}

describe("a client's assertion", () => {
  it('proves who has signed it', async () => {
    expect(await judge(await signed(right))).toBe('exporter');
    expect(await judge(await signed({ ...right, aud: 'https://keycloak' }))).toBe('exporter');
  });

  it.each([
    ['for somebody else', { ...right, aud: 'https://elsewhere/token' }],
    ['that has run out', { ...right, exp: seconds - 1 }],
    ['that never ends', { ...right, exp: undefined }],
    ['without an id', { ...right, jti: undefined }],
    ['about another client', { ...right, sub: 'without' }],
    ['of a client without a certificate', { ...right, iss: 'without', sub: 'without' }],
    ['of an unknown client', { ...right, iss: 'other', sub: 'other' }],
    ['of nobody', { ...right, iss: undefined }],
  ])('%s proves nothing', async (_, claims) => {
    expect(await judge(await signed(claims))).toBeUndefined();
  });

  it('of another key, or that is none, proves nothing', async () => {
    expect(await judge(await signed(right, createPrivateKey(fixture('other-key.pem'))))).toBeUndefined();
    expect(await judge('a.b.c')).toBeUndefined();
    expect(await judge(undefined)).toBeUndefined();
  });

  it('names its certificate, where it must', async () => {
    expect(await judge(await signed(right), true)).toBeUndefined();
    expect(await judge(await signed(right, own, { 'x5t#S256': thumbprint }), true)).toBe('exporter');
  });
});
