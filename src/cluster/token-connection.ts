import { createTokenEndpoint, type TokenEndpoint } from '../auth/token-endpoint.ts';
import type { Clock } from '../clock.ts';
import { identityProviderUrl, type OAuth2Config } from '../config/config.ts';
import { omitUndefined } from '../omit-undefined.ts';
import type { CertificateExpiries } from '../poll/poll.ts';
import { clientCertificateExpiry } from '../transport/client-certificate.ts';
import { createDispatcher } from '../transport/dispatcher.ts';
import { createCertificateTracker } from '../transport/server-certificates.ts';

type TokenCertificates = Pick<CertificateExpiries, 'tokenServer' | 'tokenClient'>;

/** A connection to an identity provider. */
export interface TokenConnection {
  readonly endpoint: TokenEndpoint;
  /** As in `PolledConnection`. */
  readonly certificates: (timeLeft: number, signal: AbortSignal) => Promise<TokenCertificates>;
}

/** Creates the connection that the settings describe. No socket is opened before the first request. */
export function connectToIdentityProvider(config: OAuth2Config, clock: Clock): TokenConnection {
  const { endpoint, transport } = config;
  const { tracking, expiry, forgetOthers } = createCertificateTracker(transport);
  // A request for a token must not be sent again where a used connection turns out to be dead: the endpoint may have
  // acted on it, and refuses an assertion that it has seen before. So each has a connection of its own.
  const connect = (timeout: number) => createDispatcher(transport, timeout, { keepAlive: false, around: tracking });
  const url = identityProviderUrl(endpoint);
  const tokenClient = clientCertificateExpiry(url, transport);
  return {
    // Discovery has just connected to the issuer, which stays.
    endpoint: createTokenEndpoint(config, connect, clock, forgetOthers),
    certificates: async (...limit) => omitUndefined({ tokenServer: await expiry(...limit), tokenClient }),
  };
}
