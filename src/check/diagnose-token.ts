import type { TokenRefusal } from '../auth/token-endpoint.ts';
import type { OAuth2Config } from '../config/config.ts';
import type { Failure } from '../failure.ts';
import { failureText } from '../failure-text.ts';
import { clientNames, type Endpoint, hideRest, proofOf } from './check-target.ts';
import { entraScopeTrouble } from './diagnose-authentication.ts';
import { clientCertificateTrouble, proxyTrouble } from './diagnose-connection.ts';
import type { Diagnosis, Target } from './steps.ts';
import { sentence, stopped } from './text-report.ts';

/** The identity provider gave no token. */
export function tokenTrouble(
  { failure, retryAfter }: TokenRefusal,
  target: Target,
  oauth2: OAuth2Config,
  endpoint: Endpoint,
): Diagnosis {
  const { url, names } = endpoint;
  const proof = proofOf(oauth2);
  const { reason, problem } = failure;
  const text = failureText(failure, target.config.settingNames);
  const [message, remedy] = [hideRest(target)(text.message), text.remedy];
  const proxy = problem.kind === 'unanswered' ? problem.proxy : undefined;
  if (problem.kind === 'unanswered' && proxy?.isAtFault) return proxyTrouble(proxy, problem.cause, endpoint, target);
  const answer = hideRest(target)(failure.said ?? '');
  const said = answer === '' || answer.startsWith('<') ? '' : ` It says: ${stopped(answer)}`;
  const badClient: Diagnosis = {
    problem: `The identity provider does not accept the client ${JSON.stringify(oauth2.clientId)} with this ${proof.noun}.${said}`,
    change: `Check ${clientNames(target)}: ${proof.doubt}, or the client may not be allowed to use client credentials.`,
  };
  switch (reason) {
    case 'invalid_client':
      return badClient;
    case 'invalid_scope':
      return answer.includes('AADSTS') ? entraScopeTrouble(target, oauth2) : scopeTrouble(target, oauth2, said);
    case 'token_rate_limited':
      return {
        problem: 'The identity provider refuses token requests from this machine for now: there were too many.',
        change:
          `Wait ${retryAfter === undefined ? 'a minute' : `${Math.ceil(retryAfter / 1000)} s`} and check again. Let ` +
          `fewer programs ask for tokens from this address; every request to ${names.address} counts, failed ones too.`,
      };
    case 'token_response_invalid':
      return notATokenEndpoint(failure, message, remedy, url, names.address);
    case 'token_request_rejected':
      return rejected(failure, said, target, oauth2, names.address) ?? (failure.status === 401 ? badClient : other());
    case 'token_endpoint_unreachable':
      return unreachable(failure, target, endpoint) ?? other();
    default:
      return other();
  }

  function other(): Diagnosis {
    return { problem: sentence(`the token request failed: ${message}`), change: sentence(remedy) };
  }
}

/** Connected, and then no answer or a bad one. */
function unreachable(
  { problem, status }: Failure,
  { config, origin }: Target,
  endpoint: Endpoint,
): Diagnosis | undefined {
  const unanswered = problem.kind === 'unanswered' ? problem : undefined;
  const proxy = unanswered?.proxy;
  if (unanswered?.alert === 'client_certificate') return clientCertificateTrouble(endpoint);
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
  return unanswered?.isPastDeadline
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
  { status, said: message = '' }: Failure,
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
  if (status !== undefined && [404, 405, 406, 415].includes(status)) {
    return {
      problem: `There is no token endpoint at this address.${said}`,
      change: `Correct the path in ${addressName}.`,
    };
  }
  return undefined;
}

/** A web page, a redirect, or the discovery document of somebody else. */
function notATokenEndpoint(
  { problem }: Failure,
  message: string,
  remedy: string,
  url: URL,
  addressName: string,
): Diagnosis {
  const issuer = problem.kind === 'openid_configuration_of_other_issuer' ? problem.issuer : undefined;
  if (issuer !== undefined) {
    return {
      problem: `The identity provider calls itself ${issuer}.`,
      change: `Write it so in ${addressName}, letter by letter.`,
    };
  }
  const redirect = problem.kind === 'redirect' ? problem.location || 'nowhere' : undefined;
  const what = redirect === undefined ? 'a web page' : `a redirect to ${redirect}`;
  const isPage = redirect !== undefined || (problem.kind === 'no_token' && problem.contentType.includes('text/html'));
  return {
    problem: isPage
      ? `${url.origin}${url.pathname} is not a token endpoint: it answers with ${what}.`
      : sentence(message),
    change: isPage ? `Correct ${addressName}: host and path must be those of the token endpoint.` : sentence(remedy),
  };
}
