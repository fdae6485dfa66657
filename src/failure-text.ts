import { accessRefused, tokenRefused } from './access-failure-text.ts';
import type { SettingNames } from './config/config.ts';
import type {
  FailedRequest,
  Failure,
  InvolvedProxy,
  NoRequest,
  NoTopology,
  TlsAlert,
  TransportFailureReason,
  Unanswered,
  UnreadableBody,
} from './failure.ts';
import { maxShareOfMemory, minShareOfMemory, pageShareOfMemory } from './memory.ts';
import { singleLine } from './redact.ts';
import { tenantNotFound } from './tenant-failure-text.ts';
import {
  type AnswerPhrases,
  type FailureText,
  insteadOfConfiguration,
  noOpenIdConfiguration,
  noToken,
  tokenRequestRefused,
  tokenRequestWaits,
} from './token-failure-text.ts';

/** Makes the sentences of a failure, for the log, the events and the status page. Settings have the given names. */
export function failureText(failure: Failure, names: SettingNames): FailureText {
  const { problem, request } = failure;
  const phrases = answerPhrases(failure, names);
  switch (problem.kind) {
    case 'unanswered':
      return unansweredText(problem, request, names);
    case 'no_credentials':
    case 'password_refused':
    case 'forbidden':
      return accessRefused(problem, failure, phrases, names);
    case 'token_refused':
    case 'token_for_another_audience':
      return tokenRefused(problem, failure, phrases, names);
    case 'redirect':
      return redirected(problem.location, phrases, request);
    case 'unreadable_body':
      return unreadable(problem.body, phrases, request);
    case 'no_token':
      return noToken(problem, phrases);
    case 'client_refused':
    case 'scope_refused':
    case 'token_request_refused':
    case 'token_requests_limited':
    case 'identity_provider_failed':
      return tokenRequestRefused(problem, withBody(phrases, problem.unreadable), names);
    case 'no_openid_configuration':
    case 'openid_configuration_of_other_issuer':
    case 'token_endpoint_without_tls':
      return noOpenIdConfiguration(problem, phrases, names);
    case 'joined_token_request_unfinished':
    case 'token_request_waits':
    case 'no_room_on_page':
    case 'nothing_sent':
      return noRequest(problem, names);
    case 'not_found':
      return { message: phrases.answered, remedy: notFoundRemedy(phrases, request, names) };
    default:
      return noTopology(problem, phrases, names);
  }
}

function answerPhrases({ request, status, said }: Failure, names: SettingNames): AnswerPhrases {
  return {
    answered: `${asked(request)} answered ${status}`,
    said: said === undefined ? '' : `: ${said}`,
    checkAddress: checkAddress(request, names),
  };
}

function asked(request: FailedRequest | undefined): string {
  if (!request) return 'the request';
  if (request.to === 'issuer') return `discovery from issuer ${request.url}`;
  return `${request.to === 'cluster' ? 'GET' : 'POST'} ${request.url}`;
}

function checkAddress(request: FailedRequest | undefined, names: SettingNames): string {
  return request?.to === 'cluster'
    ? `check the host and the path in ${names.address}`
    : `check ${providerAddress(request, names)}`;
}

function providerAddress(request: FailedRequest | undefined, names: SettingNames): string {
  return names[request?.to === 'token_endpoint' ? 'oauth2.token_url' : 'oauth2.issuer_url'];
}

function unansweredText(problem: Unanswered, request: FailedRequest | undefined, names: SettingNames): FailureText {
  const { cause, proxy, reason } = problem;
  const remedy =
    reason === 'too_large'
      ? checkAddress(request, names)
      : reason === 'other'
        ? 'an unexpected failure: the message is all that is known'
        : request?.to === 'cluster'
          ? clusterRemedy(reason, problem.alert, names)
          : providerRemedy(reason, providerAddress(request, names), names);
  if (proxy === undefined) return { message: `${asked(request)} failed: ${cause}`, remedy };
  const place = `${proxy.isAtFault ? '' : 'through '}proxy ${proxy.address}`;
  const what = singleLine(`${place}: ${proxy.status === undefined ? cause : `answered ${proxy.status}`}`);
  return { message: `${asked(request)} failed: ${what}`, remedy: proxyRemedy(proxy, remedy, names) };
}

type Unreached = Exclude<TransportFailureReason, 'too_large' | 'other'>;

function clusterRemedy(reason: Unreached, alert: TlsAlert | undefined, names: SettingNames): string {
  if (alert === 'no_application_protocol') return `the cluster speaks only HTTP/2: set ${names.enable_http2} to true`;
  switch (reason) {
    case 'dns':
      return `check the host name in ${names.address} and the DNS of this machine`;
    case 'connect':
      return `check that the cluster runs, and that the port and http or https in ${names.address} are right`;
    case 'tls':
      return `check the certificate of the cluster; ${names['tls_config.ca_file']} names the CA of a private one`;
    case 'timeout':
      return checkNetwork('cluster', names);
  }
}

function providerRemedy(reason: Unreached, address: string, names: SettingNames): string {
  return reason === 'tls'
    ? `check the certificate of the identity provider; ${names['oauth2.tls_config.ca_file']} names the CA of a ` +
        `private one, and ${names['oauth2.tls_config.cert_file']} the client certificate, if it asks for one`
    : `check that the identity provider runs and can be reached from here, and the address in ${address}`;
}

function checkNetwork(server: string, { poll_timeout }: SettingNames): string {
  return `check the ${server} and the network; ${poll_timeout} says how long a poll may take`;
}

/** `otherwise` is the remedy without the proxy. */
function proxyRemedy(
  { address, setting, isAtFault, status }: InvolvedProxy,
  otherwise: string,
  { proxy_url }: SettingNames,
): string {
  const name = setting === 'proxy_url' ? proxy_url : setting;
  if (!isAtFault) return `${otherwise}; the request goes through the proxy ${address} of ${name}`;
  if (status === 407) {
    return `the proxy ${address} asks for credentials: write a user name and password that it accepts into its URL in ${name}`;
  }
  if (status !== undefined) return `let the proxy ${address} of ${name} allow connections to this address`;
  return `check that the proxy ${address} runs and can be reached from here, and its address in ${name}`;
}

const isNoRestApi = 'means that the address is that of a web application, not of the REST API';

function notFoundRemedy(
  { checkAddress }: AnswerPhrases,
  request: FailedRequest | undefined,
  names: SettingNames,
): string {
  const ofTenant = tenantNotFound(request, names);
  if (ofTenant !== undefined) return ofTenant;
  const isV1 = request?.url.endsWith('/v1/topology');
  return isV1 ? `${checkAddress}; set ${names.api_version} to v2 if the cluster no longer serves v1` : checkAddress;
}

function noTopology(
  problem: Exclude<NoTopology, { readonly kind: 'not_found' }>,
  { answered, said, checkAddress }: AnswerPhrases,
  names: SettingNames,
): FailureText {
  switch (problem.kind) {
    case 'rate_limited':
      return { message: `${answered}${said}`, remedy: `poll less often: raise ${names.poll_interval}` };
    case 'http_status':
      return { message: `${answered}, expected 200${said}`, remedy: `see the cluster's own log` };
    case 'content_type':
      return {
        message: `${answered} with content type ${JSON.stringify(problem.contentType)}, expected application/json`,
        remedy: `${checkAddress}: a web page ${isNoRestApi}`,
      };
    case 'not_a_topology':
      return { message: `${answered}, but not a topology: ${problem.mismatch}`, remedy: checkAddress };
  }
}

function redirected(
  location: string,
  { answered, checkAddress }: AnswerPhrases,
  request: FailedRequest | undefined,
): FailureText {
  return {
    message: `${answered} to ${location || 'nowhere'}; redirects are not followed`,
    remedy: request?.to === 'cluster' ? `${checkAddress}: a redirect to a login page ${isNoRestApi}` : checkAddress,
  };
}

function unreadable(
  body: UnreadableBody,
  { answered, checkAddress }: AnswerPhrases,
  request: FailedRequest | undefined,
): FailureText {
  const server = request?.to === 'cluster' ? 'cluster' : 'identity provider';
  const found = bodyText(body);
  return {
    message: `${answered}${request?.to === 'issuer' ? insteadOfConfiguration(found) : ` with ${found}`}`,
    remedy:
      body.why === 'too_large'
        ? checkAddress
        : `turn off compression at the ${server} or in the proxy in front of it: the exporter asks for none`,
  };
}

function withBody(phrases: AnswerPhrases, body: UnreadableBody | undefined): AnswerPhrases {
  return body ? { ...phrases, said: ` with ${bodyText(body)}` } : phrases;
}

function bodyText({ why, coding, maxBytes }: UnreadableBody): string {
  const encoding = `content encoding ${JSON.stringify(coding)}`;
  switch (why) {
    case 'too_large':
      return coding === ''
        ? `a body of more than ${maxBytes} bytes`
        : `${encoding}, and more than ${maxBytes} bytes when decoded`;
    case 'malformed':
      return `${encoding}, but its body is not encoded so`;
    case 'unknown_coding':
      return `${encoding}, expected identity, gzip, deflate, br or zstd`;
  }
}

function noRequest(problem: NoRequest, names: SettingNames): FailureText {
  switch (problem.kind) {
    case 'joined_token_request_unfinished':
      return {
        message: 'the token request of another poll did not end in time',
        remedy: checkNetwork('identity provider', names),
      };
    case 'token_request_waits':
      return tokenRequestWaits(names);
    case 'no_room_on_page':
      return {
        message:
          `the metrics of this topology would take ${megabytes(problem.bytes)} MB, and all clusters together have ` +
          `${megabytes(problem.maxBytes)} MB on the page`,
        remedy:
          `if the cluster is this large, raise the memory limit of the exporter (1/${1 / pageShareOfMemory} of it is for ` +
          `the page, at least ${mebibytes(minShareOfMemory)} and at most ${mebibytes(maxShareOfMemory)} MiB), or monitor ` +
          'the cluster with an exporter of its own',
      };
    case 'nothing_sent':
      return {
        message: 'no request was sent and no reason given',
        remedy: 'this is a defect of the exporter: please report it',
      };
  }
}

function mebibytes(bytes: number): number {
  return bytes / 1024 / 1024;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
