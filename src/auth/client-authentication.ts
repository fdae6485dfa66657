import { createHash, X509Certificate } from 'node:crypto';
import { importPKCS8 } from 'jose/key/import';
import { type ClientAuth, ClientSecretPost, modifyAssertion, PrivateKeyJwt, TlsClientAuth } from 'oauth4webapi';
import type {
  ClientAuthentication,
  PrivateKeyJwt as PrivateKeyJwtConfig,
} from '../config/client-authentication-config.ts';
import type { OAuth2Config } from '../config/config.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { proxyCredentials } from '../transport/proxy.ts';

/** Returns how oauth4webapi authenticates the client, made once for all requests. */
export function clientAuthOf({ clientAuthentication, endpoint }: OAuth2Config): ClientAuth {
  switch (clientAuthentication.method) {
    case 'client_secret_post':
      return ClientSecretPost(clientAuthentication.secret.open());
    case 'client_secret_basic':
      return clientSecretBasic(clientAuthentication.secret.open());
    case 'private_key_jwt':
      return privateKeyJwt(clientAuthentication, 'tokenUrl' in endpoint ? endpoint.tokenUrl.href : undefined);
    case 'tls_client_auth':
      return TlsClientAuth();
  }
}

/**
 * Authenticates as RFC 6749, 2.3.1 defines it. oauth4webapi's own function also encodes `-`, `_`, `.` and `~`. That is
 * allowed, but identity providers that do not decode the header then see another client.
 */
function clientSecretBasic(secret: string): ClientAuth {
  return (_server, { client_id }, _body, headers) => {
    const credentials = `${formEncoded(client_id)}:${formEncoded(secret)}`;
    headers.set('authorization', `Basic ${Buffer.from(credentials).toString('base64')}`);
  };
}

/** Encodes all but letters, digits, `-`, `_`, `.` and `~`, as Go's url.QueryEscape does. */
function formEncoded(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

/** The audience is the issuer, or the token endpoint if only that is known (RFC 7523, 3). */
function privateKeyJwt(
  { key, algorithm, keyId, certificate }: PrivateKeyJwtConfig,
  audience: string | undefined,
): ClientAuth {
  const thumbprint = certificate === undefined ? undefined : thumbprintOf(certificate);
  let authenticate: Promise<ClientAuth> | undefined;
  const prepare = async () =>
    PrivateKeyJwt(
      { key: await importPKCS8(key.open(), algorithm), ...omitUndefined({ kid: keyId }) },
      {
        [modifyAssertion]: (header, payload) => {
          header.typ = 'JWT';
          if (thumbprint !== undefined) header['x5t#S256'] = thumbprint;
          if (audience !== undefined) payload.aud = audience;
        },
      },
    );
  return async (...request) => {
    authenticate ??= prepare();
    await (await authenticate)(...request);
  };
}

/** Returns the header `x5t#S256` (RFC 7515, 4.1.8). */
function thumbprintOf(certificate: string): string {
  return createHash('sha256').update(new X509Certificate(certificate).raw).digest('base64url');
}

/** Returns the parts of token requests that no text may show. Assertions are not in it: each request has its own. */
export function secretsOfRequests({
  clientAuthentication,
  endpointParams,
  endpoint,
  transport,
}: OAuth2Config): readonly string[] {
  return [
    ...secretsOf(clientAuthentication),
    ...Object.values(endpointParams).map((value) => value.open()),
    ...('tokenUrl' in endpoint ? secretsInQuery(endpoint.tokenUrl) : []),
    ...proxyCredentials(transport),
  ];
}

function secretsOf(authentication: ClientAuthentication): readonly string[] {
  return 'secret' in authentication ? [authentication.secret.open()] : [];
}

/** Shorter values are no keys, and would be found by chance in other texts. */
const minKeyLength = 8;

function secretsInQuery({ search, searchParams }: URL): readonly string[] {
  return [search.slice(1), ...[...searchParams.values()].filter((value) => value.length >= minKeyLength)];
}
