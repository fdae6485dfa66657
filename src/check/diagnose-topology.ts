import { jsonObject } from '../auth/token-request.ts';
import type { PollResult } from '../poll/poll.ts';
import type { PollFailure } from '../poll/poll-failure.ts';
import { oneLine } from '../redact.ts';
import type { InvolvedProxy } from '../transport/proxy.ts';
import type { Answer, Sent } from '../zeebe/client.ts';
import { clusterEndpoint, isSaasCluster, type Target } from './check-target.ts';
import { diagnoseAuthentication } from './diagnose-authentication.ts';
import {
  clientCertificateDiagnosis,
  concernsClientCertificate,
  http2Diagnosis,
  proxyDiagnosis,
} from './diagnose-connection.ts';
import { type Diagnosis, sentence, type TokenFacts, withFullStop } from './steps.ts';

export interface FailedPoll {
  readonly failure: PollFailure;
  readonly authentication: PollResult['authentication'];
  /** The last reply of the cluster; absent where nothing was sent. */
  readonly sent: Sent | undefined;
  readonly token: TokenFacts | undefined;
}

/** Further requests and handshakes, carried out only where their result decides on the diagnosis. */
export interface Probes {
  /** Whether the topology is found under the other version of the API, with the same credentials. */
  readonly otherVersionWorks: () => Promise<boolean>;
  /** Whether the port speaks TLS. */
  readonly speaksTls: () => Promise<boolean>;
  /** Whether the port supports HTTP/2 and not HTTP/1.1. */
  readonly speaksOnlyHttp2: () => Promise<boolean>;
  /** The alert with which the server closes a connection after the handshake; empty where it sends none. */
  readonly alert: () => Promise<string>;
}

/** The connection to the cluster was established, but there is no topology. */
export async function diagnoseTopology(poll: FailedPoll, target: Target, probes: Probes): Promise<Diagnosis> {
  const { failure, sent } = poll;
  const isPlain = target.config.address.protocol === 'http:';
  if (sent?.kind !== 'answer') {
    const otherwise = diagnoseNoAnswer(failure, sent?.proxy, target);
    if (failure.reason !== 'connect') return otherwise;
    if (isPlain) return (await probes.speaksTls()) ? httpsDiagnosis(target) : otherwise;
    if (await probes.speaksOnlyHttp2()) return http2Diagnosis(clusterEndpoint(target));
    return concernsClientCertificate(await probes.alert())
      ? clientCertificateDiagnosis(clusterEndpoint(target))
      : otherwise;
  }
  const { answer } = sent;
  if (failure.reason === 'auth' && poll.authentication.failure) {
    return diagnoseAuthentication(poll.authentication.failure, answer, target, poll.token);
  }
  if (failure.reason === 'not_found') return diagnoseNotFound(target, probes);
  if (isPlain && /plain HTTP request was sent to HTTPS port/i.test(answer.body)) return httpsDiagnosis(target);
  // nginx's words.
  if (/No required SSL certificate was sent|SSL certificate error/i.test(answer.body)) {
    return clientCertificateDiagnosis(clusterEndpoint(target));
  }
  return diagnoseAnswer(failure, answer, target);
}

function httpsDiagnosis({ origin }: Target): Diagnosis {
  return {
    problem: 'The cluster requires TLS, but the address begins with http://.',
    change: `Change http:// to https:// in ${origin.name('address')}.`,
  };
}

/** The connection was established, but there was no answer. */
function diagnoseNoAnswer(
  { reason, message, remedy }: PollFailure,
  proxy: InvolvedProxy | undefined,
  target: Target,
): Diagnosis {
  const { config, origin } = target;
  if (concernsClientCertificate(message)) return clientCertificateDiagnosis(clusterEndpoint(target));
  if (reason === 'connect' && config.address.port === '26500') {
    return {
      problem: 'Port 26500 is the gRPC port of Zeebe, but the exporter uses the REST API.',
      change: `Set ${origin.name('address')} to the address of the REST API; its port is 8080 by default.`,
    };
  }
  if (proxy?.isAtFault) return proxyDiagnosis(proxy, message, clusterEndpoint(target), target);
  if (reason === 'timeout') {
    const who =
      proxy === undefined
        ? 'The cluster accepted the connection, but'
        : `The cluster, or the proxy ${proxy.address} in front of it,`;
    return {
      problem: `${who} did not answer within ${config.pollTimeout / 1000} s.`,
      change: `Check whether the cluster is overloaded or still starting; ${origin.name('poll_timeout')} sets how long to wait.`,
    };
  }
  if (reason === 'connect' && proxy === undefined) {
    return {
      problem: `The peer closed the connection or did not answer with HTTP (${reasonIn(message)}).`,
      change: `Correct the port in ${origin.name('address')}: the port of the REST API is 8080 by default.`,
    };
  }
  return { problem: sentence(message), change: sentence(remedy) };
}

/** What went wrong, behind what was asked. */
function reasonIn(message: string): string {
  return / failed: (.*)$/.exec(message)?.[1] ?? message;
}

async function diagnoseNotFound(target: Target, { otherVersionWorks }: Probes): Promise<Diagnosis> {
  const { config, origin } = target;
  const { apiVersion } = config;
  if (apiVersion !== 'auto' && (await otherVersionWorks())) {
    const other = apiVersion === 'v1' ? 'v2' : 'v1';
    return {
      problem: `This cluster does not serve the API under /${apiVersion}, but under /${other}.`,
      change: origin.fromFile
        ? `Set ${origin.name('api_version')} to ${other}.`
        : `Change the address in ${origin.name('address')} so that it ends with /${other}.`,
    };
  }
  return isSaasCluster(config.address)
    ? {
        problem: 'Camunda SaaS has no cluster with this id in this region.',
        change: `Correct ${origin.name('address')}: the API tab of the cluster in Camunda Console shows region and id.`,
      }
    : {
        problem: `The server at ${config.address.href} answered, but it has no REST API there (404).`,
        change: `Correct the path in ${origin.name('address')}: it is the part before /v1/topology.`,
      };
}

function diagnoseAnswer(failure: PollFailure, answer: Answer, { config, origin }: Target): Diagnosis {
  const address = origin.name('address');
  switch (failure.reason) {
    case 'redirect':
      return redirectDiagnosis(answer, address);
    case 'content_type':
      return {
        problem: `This address serves a web page${titleOf(answer)}, not the REST API.`,
        change: `Correct the host and path in ${address}: web applications such as Operate have their own addresses.`,
      };
    case 'rate_limited':
      return {
        problem: 'The cluster rejects requests for now: it is overloaded.',
        change: `Check again later. If it continues, raise ${origin.name('poll_interval')}, now ${config.pollInterval / 1000} s.`,
      };
    case 'malformed':
      return {
        problem: `The response from this address is not the topology of a Zeebe cluster: ${withFullStop(problemIn(failure.message))}`,
        change: `Check that ${address} is the address of a Zeebe REST API.`,
      };
    default:
      return {
        problem: withFullStop(
          `The cluster, or a reverse proxy in front of it, returned HTTP ${answer.status}${detailOf(answer)}`,
        ),
        change: `See the log of the cluster, and that of the reverse proxy, if any, at the address in ${address}.`,
      };
  }
}

function redirectDiagnosis({ location, url, hide }: Answer, addressName: string): Diagnosis {
  const target = URL.parse(location, url.href) ?? undefined;
  const shown = oneLine(hide(location)) || 'an address that it does not name';
  if (target?.protocol === 'https:' && url.protocol === 'http:' && target.hostname === url.hostname) {
    return {
      problem: `The cluster requires TLS: it redirects http:// to ${shown}.`,
      change: `Change http:// to https:// in ${addressName}.`,
    };
  }
  return /log-?in|sign-?in|auth|sso|realms/i.test(location)
    ? {
        problem: `This address is that of a web application, which redirects to its login page, ${shown}.`,
        change: `Correct the host and path in ${addressName}: the REST API has no login page.`,
      }
    : {
        problem: `This address redirects to ${shown}. Redirects are not followed, so that credentials go only to the configured address.`,
        change: `Set ${addressName} to the address of the REST API itself.`,
      };
}

/** What the parser of topologies says, behind what was asked and answered. */
function problemIn(message: string): string {
  return /not a topology: (.*)$/.exec(message)?.[1] ?? message;
}

/** Title and detail of a problem document (RFC 9457). */
function detailOf({ body, hide }: Answer): string {
  const problem = jsonObject(body);
  const texts = [problem?.title, problem?.detail].filter((part) => typeof part === 'string');
  return texts.length === 0 ? '' : `: ${oneLine(hide(texts.join(', ')))}`;
}

function titleOf({ body, hide }: Answer): string {
  const title = oneLine(hide(/<title>([^<]*)<\/title>/i.exec(body)?.[1] ?? ''), 60);
  return title === '' ? '' : ` (${JSON.stringify(title)})`;
}
