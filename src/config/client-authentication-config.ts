import type { Secret } from '../secret.ts';

/** How the client authenticates at the token endpoint. */
export type ClientAuthentication = ClientSecret | PrivateKeyJwt | TlsClientAuth;

export const clientAuthenticationMethods = [
  'client_secret_post',
  'client_secret_basic',
  'private_key_jwt',
  'tls_client_auth',
] as const;
export type ClientAuthenticationMethod = (typeof clientAuthenticationMethods)[number];

/** RFC 6749, 2.3.1. */
export interface ClientSecret {
  readonly method: 'client_secret_post' | 'client_secret_basic';
  readonly secret: Secret;
}

/** A signed assertion (RFC 7523, 2.2). */
export interface PrivateKeyJwt {
  readonly method: 'private_key_jwt';
  /** PKCS#8 in PEM; of the kind and size that the algorithm requires. */
  readonly key: Secret;
  readonly algorithm: SignatureAlgorithm;
  /** The header `kid`. */
  readonly keyId?: string;
  /** The certificate of the key (PEM), whose thumbprint is the header `x5t#S256`. */
  readonly certificate?: string;
}

/** RFC 7518, 3.1. */
export const signatureAlgorithms = ['RS256', 'PS256', 'ES256'] as const;
export type SignatureAlgorithm = (typeof signatureAlgorithms)[number];

/** Mutual TLS with the certificate of `transport.tls` (RFC 8705, 2). */
export interface TlsClientAuth {
  readonly method: 'tls_client_auth';
}
