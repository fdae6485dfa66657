import type { TokenRefusal } from '../auth/token-endpoint.ts';
import type { OAuth2Config } from '../config/config.ts';
import type { InvolvedProxy } from '../transport/proxy.ts';
import { clientNames, type Endpoint, hideRest, proofOf } from './check-target.ts';
import { entraScopeTrouble } from './diagnose-authentication.ts';
import { clientCertificateTrouble, concernsClientCertificate, proxyTrouble } from './diagnose-connection.ts';
import type { Diagnosis, Target } from './steps.ts';
import { sentence, stopped } from './text-report.ts';

/** The identity provider gave no token. */
export function tokenTrouble(
  { failure: { reason, message: quoting, remedy }, proxy, retryAfter }: TokenRefusal,
  target: Target,
  oauth2: OAuth2Config,
  endpoint: Endpoint,
): Diagnosis {
  const { url, names } = endpoint;
  const proof = proofOf(oauth2);
  const message = hideRest(target)(quoting);
  if (proxy?.isAtFault) return proxyTrouble(proxy, message, endpoint, target);
  const answer = /answered \d+: (.*?)(; asked for scope .*)?$/.exec(message)?.[1];
  const said = answer === undefined || answer.startsWith('<') ? '' : ` It says: ${stopped(answer)}`;
  const badClient: Diagnosis = {
    problem: `The identity provider does not accept the client ${JSON.stringify(oauth2.clientId)} with this ${proof.noun}.${said}`,
    change: `Check ${clientNames(target)}: ${proof.doubt}, or the client may not be allowed to use client credentials.`,
  };
  switch (reason) {
    case 'invalid_client':
      return badClient;
    case 'invalid_scope':
      return message.includes('AADSTS') ? entraScopeTrouble(target, oauth2) : scopeTrouble(target, oauth2, said);
    case 'token_rate_limited':
      return {
        problem: 'The identity provider refuses token requests from this machine for now: there were too many.',
        change:
          `Wait ${retryAfter === undefined ? 'a minute' : `${Math.ceil(retryAfter / 1000)} s`} and check again. Let ` +
          `fewer programs ask for tokens from this address; every request to ${names.address} counts, failed ones too.`,
      };
    case 'token_response_invalid':
      return notATokenEndpoint(message, remedy, url, names.address);
    case 'token_request_rejected':
      return rejected(message, said, target, oauth2, names.address) ?? (isUnauthorized(message) ? badClient : other());
    case 'token_endpoint_unreachable':
      return unreachable(message, proxy, target, endpoint) ?? other();
    default:
      return other();
  }

  function other(): Diagnosis {
    return { problem: sentence(`the token request failed: ${message}`), change: sentence(remedy) };
  }
}

function isUnauthorized(message: string): boolean {
  return /answered 401\b/.test(message);
}

/** Connected, and then no answer or a bad one. */
function unreachable(
  message: string,
  proxy: InvolvedProxy | undefined,
  { config, origin }: Target,
  endpoint: Endpoint,
): Diagnosis | undefined {
  if (concernsClientCertificate(message)) return clientCertificateTrouble(endpoint);
  const status = /answered (5\d\d)/.exec(message)?.[1];
  if (status !== undefined) {
    return {
      problem: `The identity provider is not well: it answers with status ${status}.`,
      change: `See its log, and that of what stands in front of it at ${endpoint.names.address}.`,
    };
  }
  const who =
    proxy === undefined
      ? 'The identity provider takes the connection, and does'
      : `The identity provider, or the proxy ${proxy.address} in front of it, does`;
  return message.includes('no whole answer within')
    ? {
        problem: `${who} not answer within ${config.pollTimeout / 1000} s.`,
        change: `See what is wrong with it; ${origin.name('poll_timeout')} says how long to wait.`,
      }
    : undefined;
}

function scopeTrouble({ origin }: Target, { scopes }: OAuth2Config, said: string): Diagnosis {
  return {
    problem: `The identity provider does not give this client the scope ${JSON.stringify(scopes.join(' '))}.${said}`,
    change: `Correct ${origin.name('oauth2.scopes')}, or allow the scope for the client at the identity provider.`,
  };
}

function rejected(
  message: string,
  said: string,
  target: Target,
  oauth2: OAuth2Config,
  addressName: string,
): Diagnosis | undefined {
  const { name } = target.origin;
  // Microsoft: no scope was sent at all, or it names an application that the tenant does not know.
  if (/AADSTS900144\b.*\bscope\b/.test(message)) return entraScopeTrouble(target, oauth2);
  if (message.includes('AADSTS500011')) return scopeTrouble(target, oauth2, said);
  // Auth0's words, which are those of Camunda's SaaS.
  if (/Service not enabled within domain|Non-global clients/.test(message)) {
    const asked = oauth2.audience === undefined ? 'without an audience' : `for ${JSON.stringify(oauth2.audience)}`;
    return {
      problem: `The identity provider gives this client no token ${asked}.`,
      change: `Correct ${name('oauth2.audience')}: for Camunda's SaaS it is zeebe.camunda.io.`,
    };
  }
  if (message.includes('Realm does not exist')) {
    return {
      problem: 'Keycloak answers, but does not have this realm.',
      change: `Correct the realm, the part behind /realms/, in ${addressName}.`,
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

/** A web page, a redirect, or the discovery document of somebody else. */
function notATokenEndpoint(message: string, remedy: string, url: URL, addressName: string): Diagnosis {
  const issuer = /got a document of issuer (.*)$/.exec(message)?.[1];
  if (issuer !== undefined) {
    return {
      problem: `The identity provider calls itself ${issuer}.`,
      change: `Write it so in ${addressName}, letter by letter.`,
    };
  }
  const redirect = /answered 3\d\d to (.*); redirects/.exec(message)?.[1];
  const what = redirect === undefined ? 'a web page' : `a redirect to ${redirect}`;
  const isPage = redirect !== undefined || message.includes('text/html');
  return {
    problem: isPage
      ? `${url.origin}${url.pathname} is not a token endpoint: it answers with ${what}.`
      : sentence(message),
    change: isPage ? `Correct ${addressName}: host and path must be those of the token endpoint.` : sentence(remedy),
  };
}
