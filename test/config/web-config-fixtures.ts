import { readFileSync } from 'node:fs';

function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/web-config/${name}.pem`, import.meta.url), 'utf8');
}

function pair(name: string): { readonly cert: string; readonly key: string } {
  return { cert: fixture(name), key: fixture(`${name}-key`) };
}

/** Signed the certificates of the servers and of `client`. */
export const ca = fixture('ca');
/** Signed that of `stranger`. */
export const otherCa = fixture('other-ca');
/** For localhost and 127.0.0.1. */
export const server = pair('server');
/** The same, of half a year later. */
export const renewed = pair('renewed');
/** Has the names prometheus.example, ops@example.com, spiffe://example/prometheus and 2001:db8::1. */
export const client = pair('client');
/** The same names from another CA. */
export const stranger = pair('stranger');
/** Has one name, which looks like two of which one is prometheus.example. */
export const tricky = pair('tricky');
