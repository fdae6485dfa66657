import type { OAuth2Config } from '../config/config.ts';
import type { Failure, Unanswered } from '../failure.ts';
import { credentialOf, type Endpoint, type Target } from './check-target.ts';
import { entraScopeDiagnosis } from './diagnose-authentication.ts';
import { clientCertificateDiagnosis, diagnoseProxy, diagnosisOf } from './diagnose-connection.ts';
import { type Diagnosis, withFullStop } from './steps.ts';
import type { Refused } from './token-requests.ts';

/** The identity provider issued no token. */
export function diagnoseTokenRequest(
  { failure, retryAfter }: Refused,
  target: Target,
  oauth2: OAuth2Config,
  endpoint: Endpoint,
): Diagnosis {
  const { problem, status, said = '' } = failure;
  const addressName = endpoint.names.address;
  switch (problem.kind) {
    case 'unanswered':
      return diagnoseNoToken(failure, problem, target, endpoint);
    case 'client_refused':
      return diagnoseError(said, target, oauth2, addressName) ?? clientDiagnosis(failure, target, oauth2);
    case 'scope_refused':
      return said.includes('AADSTS') ? entraScopeDiagnosis(target, oauth2) : scopeDiagnosis(said, target, oauth2);
    case 'token_request_refused':
      return (
        diagnoseError(said, target, oauth2, addressName) ??
        (isOtherService(status) ? wrongPathDiagnosis(said, addressName) : diagnosisOf(failure, target))
      );
    case 'token_requests_limited':
      return rateLimitDiagnosis(retryAfter, addressName);
    case 'token_request_waits':
      return turnDiagnosis(target);
    case 'identity_provider_failed':
      return serverErrorDiagnosis(status, addressName);
    case 'openid_configuration_of_other_issuer':
      return {
        problem: `The issuer of this identity provider is ${problem.issuer}.`,
        change: diagnosisOf(failure, target).change,
      };
    case 'redirect':
      return wrongAddressDiagnosis(`a redirect to ${problem.location || 'an unknown address'}`, endpoint);
    case 'no_token':
      return problem.contentType.includes('text/html')
        ? wrongAddressDiagnosis('a web page', endpoint)
        : diagnosisOf(failure, target);
    default:
      return diagnosisOf(failure, target);
  }
}

/** The connection was established, but there was no answer. */
function diagnoseNoToken(
  failure: Failure,
  { alert, isPastDeadline, proxy }: Unanswered,
  target: Target,
  endpoint: Endpoint,
): Diagnosis {
  const { pollTimeout, settingNames } = target.config;
  const atProxy = diagnoseProxy(failure, endpoint, target);
  if (atProxy) return atProxy;
  if (alert === 'client_certificate') return clientCertificateDiagnosis(endpoint);
  if (!isPastDeadline) return diagnosisOf(failure, target);
  const who =
    proxy === undefined
      ? 'The identity provider accepted the connection, but'
      : `The identity provider, or the proxy ${proxy.address} in front of it,`;
  return {
    problem: `${who} did not answer within ${pollTimeout / 1000} s.`,
    change: `Check the identity provider and the network; ${settingNames.poll_timeout} sets how long to wait.`,
  };
}

/** Recognizes the errors of well-known identity providers. */
function diagnoseError(said: string, target: Target, oauth2: OAuth2Config, addressName: string): Diagnosis | undefined {
  // Microsoft: the request has no scope at all, or names an application that the tenant does not know.
  if (/AADSTS900144\b.*\bscope\b/.test(said)) return entraScopeDiagnosis(target, oauth2);
  if (said.includes('AADSTS500011')) return scopeDiagnosis(said, target, oauth2);
  // Auth0, which Camunda SaaS uses.
  if (/Service not enabled within domain|Non-global clients/.test(said)) {
    const asked = oauth2.audience === undefined ? 'without an audience' : `for ${JSON.stringify(oauth2.audience)}`;
    return {
      problem: `The identity provider issues no token to this client ${asked}.`,
      change: `Correct ${target.config.settingNames['oauth2.audience']}: for Camunda SaaS it is zeebe.camunda.io.`,
    };
  }
  if (said.includes('Realm does not exist')) {
    return {
      problem: 'Keycloak does not have this realm.',
      change: `Correct the realm, the part after /realms/, in ${addressName}.`,
    };
  }
  return undefined;
}

/** Quotes the error that the identity provider returned. An HTML page is not quoted. */
function quoted(said = ''): string {
  return said === '' || said.startsWith('<') ? '' : ` It returned: ${withFullStop(said)}`;
}

function clientDiagnosis(failure: Failure, target: Target, oauth2: OAuth2Config): Diagnosis {
  const client = `the client ${JSON.stringify(oauth2.clientId)} with this ${credentialOf(oauth2).noun}`;
  return {
    problem: `The identity provider rejected ${client}.${quoted(failure.said)}`,
    change: diagnosisOf(failure, target).change,
  };
}

function scopeDiagnosis(said: string, { config }: Target, { scopes }: OAuth2Config): Diagnosis {
  return {
    problem: `The identity provider does not grant this client the scope ${JSON.stringify(scopes.join(' '))}.${quoted(said)}`,
    change: `Correct ${config.settingNames['oauth2.scopes']}, or allow the scope for the client at the identity provider.`,
  };
}

function rateLimitDiagnosis(retryAfter: number | undefined, addressName: string): Diagnosis {
  const wait = retryAfter === undefined ? 'a minute' : `${Math.ceil(retryAfter / 1000)} s`;
  return {
    problem: 'The identity provider limits the rate of token requests, and this machine has sent too many.',
    change:
      `Wait ${wait} and check again. Let fewer programs request tokens from this IP address; every request to ` +
      `${addressName} counts, including failed ones.`,
  };
}

function turnDiagnosis({ config }: Target): Diagnosis {
  const { pollTimeout, settingNames } = config;
  return {
    problem:
      `No token was requested within ${pollTimeout / 1000} s: the exporter limits the requests to this identity provider, ` +
      'and others came first.',
    change:
      'Request this report again later. If this lasts, let several clusters use one client, or raise ' +
      `${settingNames['oauth2.token_requests_per_second']} if the identity provider allows it.`,
  };
}

function serverErrorDiagnosis(status: number | undefined, addressName: string): Diagnosis {
  return {
    problem: `The identity provider returned HTTP ${status}.`,
    change: `See its log, and that of any reverse proxy in front of it (${addressName}).`,
  };
}

/** Whether the status says that the URL does not exist, or does not accept the form of a token request. */
function isOtherService(status: number | undefined): boolean {
  return status === 404 || status === 405 || status === 406 || status === 415;
}

function wrongPathDiagnosis(said: string, addressName: string): Diagnosis {
  return {
    problem: `There is no token endpoint at this address.${quoted(said)}`,
    change: `Correct the path in ${addressName}.`,
  };
}

function wrongAddressDiagnosis(found: string, { url, names }: Endpoint): Diagnosis {
  return {
    problem: `${url.origin}${url.pathname} is not a token endpoint: it returned ${found}.`,
    change: `Correct ${names.address}: host and path must be those of the token endpoint.`,
  };
}
