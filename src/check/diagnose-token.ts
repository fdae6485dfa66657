import type { TokenRefusal } from '../auth/token-endpoint.ts';
import type { OAuth2Config } from '../config/config.ts';
import type { InvolvedProxy } from '../transport/proxy.ts';
import { clientNames, credentialOf, type Endpoint, hideRest, type Target } from './check-target.ts';
import { entraScopeDiagnosis } from './diagnose-authentication.ts';
import { clientCertificateDiagnosis, concernsClientCertificate, proxyDiagnosis } from './diagnose-connection.ts';
import { type Diagnosis, sentence, withFullStop } from './steps.ts';

/** The identity provider issued no token. */
export function diagnoseTokenRequest(
  { failure: { reason, message: quoting, remedy }, proxy, retryAfter }: TokenRefusal,
  target: Target,
  oauth2: OAuth2Config,
  endpoint: Endpoint,
): Diagnosis {
  const { url, names } = endpoint;
  const message = hideRest(target)(quoting);
  if (proxy?.isAtFault) return proxyDiagnosis(proxy, message, endpoint, target);
  const answer = /answered \d+: (.*?)(; asked for scope .*)?$/.exec(message)?.[1];
  const said = answer === undefined || answer.startsWith('<') ? '' : ` It returned: ${withFullStop(answer)}`;
  switch (reason) {
    case 'invalid_client':
      return clientDiagnosis(target, oauth2, said);
    case 'invalid_scope':
      return message.includes('AADSTS') ? entraScopeDiagnosis(target, oauth2) : scopeDiagnosis(target, oauth2, said);
    case 'token_rate_limited':
      return rateLimitDiagnosis(retryAfter, names.address);
    case 'token_response_invalid':
      return notATokenEndpoint(message, remedy, url, names.address);
    case 'token_request_rejected':
      return (
        diagnoseRejection(message, said, target, oauth2, names.address) ??
        (isUnauthorized(message) ? clientDiagnosis(target, oauth2, said) : other())
      );
    case 'token_endpoint_unreachable':
      return diagnoseUnreachable(message, proxy, target, endpoint) ?? other();
    default:
      return other();
  }

  function other(): Diagnosis {
    return { problem: sentence(`the token request failed: ${message}`), change: sentence(remedy) };
  }
}

function clientDiagnosis(target: Target, oauth2: OAuth2Config, said: string): Diagnosis {
  const { noun, hint } = credentialOf(oauth2);
  return {
    problem: `The identity provider rejected the client ${JSON.stringify(oauth2.clientId)} with this ${noun}.${said}`,
    change: `Check ${clientNames(target)}: ${hint}, or the client may not be allowed to use client credentials.`,
  };
}

function isUnauthorized(message: string): boolean {
  return /answered 401\b/.test(message);
}

function rateLimitDiagnosis(retryAfter: number | undefined, addressName: string): Diagnosis {
  const wait = retryAfter === undefined ? 'a minute' : `${Math.ceil(retryAfter / 1000)} s`;
  return {
    problem: 'The identity provider limits the rate of token requests, and this machine has sent too many.',
    change:
      `Wait ${wait} and check again. Let fewer programs request tokens from this IP address; every request to ` +
      `${addressName} counts, failed ones too.`,
  };
}

/** The connection was established, but there was no answer, or one with a server error. */
function diagnoseUnreachable(
  message: string,
  proxy: InvolvedProxy | undefined,
  { config, origin }: Target,
  endpoint: Endpoint,
): Diagnosis | undefined {
  if (concernsClientCertificate(message)) return clientCertificateDiagnosis(endpoint);
  const status = /answered (5\d\d)/.exec(message)?.[1];
  if (status !== undefined) {
    return {
      problem: `The identity provider returned HTTP ${status}.`,
      change: `See its log, and that of the reverse proxy, if any, at the address in ${endpoint.names.address}.`,
    };
  }
  const who =
    proxy === undefined
      ? 'The identity provider accepted the connection, but'
      : `The identity provider, or the proxy ${proxy.address} in front of it,`;
  return message.includes('no whole answer within')
    ? {
        problem: `${who} did not answer within ${config.pollTimeout / 1000} s.`,
        change: `Check that it works; ${origin.name('poll_timeout')} sets how long to wait.`,
      }
    : undefined;
}

function scopeDiagnosis({ origin }: Target, { scopes }: OAuth2Config, said: string): Diagnosis {
  return {
    problem: `The identity provider does not grant this client the scope ${JSON.stringify(scopes.join(' '))}.${said}`,
    change: `Correct ${origin.name('oauth2.scopes')}, or allow the scope for the client at the identity provider.`,
  };
}

/** Finds the cause of a rejection in the words of well-known identity providers. */
function diagnoseRejection(
  message: string,
  said: string,
  target: Target,
  oauth2: OAuth2Config,
  addressName: string,
): Diagnosis | undefined {
  const { name } = target.origin;
  // Microsoft: the request has no scope at all, or names an application that the tenant does not know.
  if (/AADSTS900144\b.*\bscope\b/.test(message)) return entraScopeDiagnosis(target, oauth2);
  if (message.includes('AADSTS500011')) return scopeDiagnosis(target, oauth2, said);
  // Auth0, which Camunda SaaS uses.
  if (/Service not enabled within domain|Non-global clients/.test(message)) {
    const asked = oauth2.audience === undefined ? 'without an audience' : `for ${JSON.stringify(oauth2.audience)}`;
    return {
      problem: `The identity provider issues this client no token ${asked}.`,
      change: `Correct ${name('oauth2.audience')}: for Camunda SaaS it is zeebe.camunda.io.`,
    };
  }
  if (message.includes('Realm does not exist')) {
    return {
      problem: 'Keycloak answered, but it does not have this realm.',
      change: `Correct the realm, the part after /realms/, in ${addressName}.`,
    };
  }
  if (/answered (40[4-6]|415)\b/.test(message)) {
    return {
      problem: `There is no token endpoint at this address.${said}`,
      change: `Correct the path in ${addressName}.`,
    };
  }
  return undefined;
}

/** The answer is a web page, a redirect, or the discovery document of another issuer. */
function notATokenEndpoint(message: string, remedy: string, url: URL, addressName: string): Diagnosis {
  const issuer = /got a document of issuer (.*)$/.exec(message)?.[1];
  if (issuer !== undefined) {
    return {
      problem: `The identity provider names its issuer ${issuer}.`,
      change: `Set ${addressName} to exactly this issuer.`,
    };
  }
  const redirect = /answered 3\d\d to (.*); redirects/.exec(message)?.[1];
  const what = redirect === undefined ? 'a web page' : `a redirect to ${redirect}`;
  const isPage = redirect !== undefined || message.includes('text/html');
  return {
    problem: isPage ? `${url.origin}${url.pathname} is not a token endpoint: it returned ${what}.` : sentence(message),
    change: isPage ? `Correct ${addressName}: host and path must be those of the token endpoint.` : sentence(remedy),
  };
}
