import { jsonObject } from '../auth/token-response.ts';
import type { Failure, InvolvedProxy, PollFailureReason, TlsAlert } from '../failure.ts';
import { failureText } from '../failure-text.ts';
import type { PollResult } from '../poll/poll.ts';
import { singleLine } from '../redact.ts';
import type { Answer, Reply } from '../transport/reply.ts';
import { clusterEndpoint, isSaasCluster } from './check-target.ts';
import { authenticationTrouble } from './diagnose-authentication.ts';
import { clientCertificateTrouble, http2Trouble, proxyTrouble } from './diagnose-connection.ts';
import type { Diagnosis, Target, TokenFacts } from './steps.ts';
import { sentence, stopped } from './text-report.ts';

export interface FailedPoll {
  readonly failure: Failure<PollFailureReason>;
  readonly authentication: PollResult['authentication'];
  /** The last thing that came from the cluster. */
  readonly sent: Reply | undefined;
  readonly token: TokenFacts | undefined;
}

/** Further questions, asked only where the answer decides what to say. */
export interface Questions {
  /** Whether the topology is there under the other version of the API, with the same credentials. */
  readonly otherVersionWorks: () => Promise<boolean>;
  /** Whether the port speaks TLS. */
  readonly speaksTls: () => Promise<boolean>;
  /** Whether the port speaks HTTP/2 and not HTTP/1.1. */
  readonly speaksOnlyHttp2: () => Promise<boolean>;
  /** Why the port hangs up after a handshake, if it tells. */
  readonly alert: () => Promise<TlsAlert | undefined>;
}

/** The cluster was reached, and gave no topology. */
export async function topologyTrouble(poll: FailedPoll, target: Target, questions: Questions): Promise<Diagnosis> {
  const { failure, sent } = poll;
  const isPlain = target.config.address.protocol === 'http:';
  if (sent?.kind !== 'answer') {
    const otherwise = connectionTrouble(failure, target);
    if (failure.reason !== 'connect') return otherwise;
    if (isPlain) return (await questions.speaksTls()) ? httpsTrouble(target) : otherwise;
    if (await questions.speaksOnlyHttp2()) return http2Trouble(clusterEndpoint(target));
    return (await questions.alert()) === 'client_certificate'
      ? clientCertificateTrouble(clusterEndpoint(target))
      : otherwise;
  }
  const answer = sent;
  if (failure.reason === 'auth' && poll.authentication.failure) {
    return authenticationTrouble(poll.authentication.failure, answer, target, poll.token);
  }
  if (failure.reason === 'not_found') return notFound(target, questions);
  if (isPlain && /plain HTTP request was sent to HTTPS port/i.test(answer.body)) return httpsTrouble(target);
  // nginx's words.
  if (/No required SSL certificate was sent|SSL certificate error/i.test(answer.body)) {
    return clientCertificateTrouble(clusterEndpoint(target));
  }
  return answerTrouble(failure, answer, target);
}

function httpsTrouble({ origin }: Target): Diagnosis {
  return {
    problem: 'The cluster wants an encrypted connection (TLS), and the address begins with http://.',
    change: `Write https:// in ${origin.name('address')}.`,
  };
}

/** Connected, and then no answer. */
function connectionTrouble(failure: Failure<PollFailureReason>, target: Target): Diagnosis {
  const { config, origin } = target;
  const { reason, problem } = failure;
  const { message, remedy } = failureText(failure, config.settingNames);
  if (problem.kind !== 'unanswered') return { problem: sentence(message), change: sentence(remedy) };
  const { proxy, cause, alert }: { proxy?: InvolvedProxy; cause: string; alert?: TlsAlert } = problem;
  if (alert === 'client_certificate') return clientCertificateTrouble(clusterEndpoint(target));
  if (reason === 'connect' && config.address.port === '26500') {
    return {
      problem: 'Port 26500 is that of gRPC, which the topology is not asked over.',
      change: `Write the address of the REST API in ${origin.name('address')}: its port is 8080 by default.`,
    };
  }
  if (proxy?.isAtFault) return proxyTrouble(proxy, cause, clusterEndpoint(target), target);
  if (reason === 'timeout') {
    const who =
      proxy === undefined
        ? 'The cluster takes the connection, and does'
        : `The cluster, or the proxy ${proxy.address} in front of it, does`;
    return {
      problem: `${who} not answer within ${config.pollTimeout / 1000} s.`,
      change: `See whether the cluster is overloaded or just starting; ${origin.name('poll_timeout')} says how long to wait.`,
    };
  }
  if (reason === 'connect' && proxy === undefined) {
    return {
      problem: `The connection came about, but what answers does not speak HTTP, or hangs up (${cause}).`,
      change: `Correct the port in ${origin.name('address')}: that of the REST API is 8080 by default.`,
    };
  }
  return { problem: sentence(message), change: sentence(remedy) };
}

async function notFound(target: Target, { otherVersionWorks }: Questions): Promise<Diagnosis> {
  const { config, origin } = target;
  const { apiVersion } = config;
  if (apiVersion !== 'auto' && (await otherVersionWorks())) {
    const other = apiVersion === 'v1' ? 'v2' : 'v1';
    return {
      problem: `This cluster does not have the API /${apiVersion}, it has /${other}.`,
      change: origin.fromFile
        ? `Set ${origin.name('api_version')} to ${other}.`
        : `Let ${origin.name('address')} end with /${other}.`,
    };
  }
  return isSaasCluster(config.address)
    ? {
        problem: "Camunda's SaaS has no cluster of this id in this region.",
        change: `Correct ${origin.name('address')}: the cluster's API tab in Camunda's console shows region and id.`,
      }
    : {
        problem: `Something answers at ${config.address.href}, but the REST API is not there.`,
        change: `Correct the path in ${origin.name('address')}: it is what stands before /v1/topology.`,
      };
}

function answerTrouble(failure: Failure<PollFailureReason>, answer: Answer, { config, origin }: Target): Diagnosis {
  const address = origin.name('address');
  switch (failure.reason) {
    case 'redirect':
      return redirectTrouble(answer, address);
    case 'content_type':
      return {
        problem: `At this address is a web page${titleOf(answer)}, not the REST API.`,
        change: `Correct host and path in ${address}: web applications such as Operate have addresses of their own.`,
      };
    case 'rate_limited':
      return {
        problem: 'The cluster refuses requests for now: it has too much to do.',
        change: `Check again later. If it goes on, raise ${origin.name('poll_interval')}, now ${config.pollInterval / 1000} s.`,
      };
    case 'malformed':
      return {
        problem: `What comes from this address is not the topology of a Zeebe cluster: ${stopped(problemIn(failure, config))}`,
        change: `Check that ${address} is the address of a Zeebe REST API.`,
      };
    default:
      return {
        problem: stopped(
          `The cluster, or what stands in front of it, answers with status ${answer.status}${detailOf(answer)}`,
        ),
        change: `See the log of the cluster, and of what stands in front of it at ${address}.`,
      };
  }
}

function redirectTrouble({ location, url, masked }: Answer, address: string): Diagnosis {
  const target = URL.parse(location, url.href) ?? undefined;
  const shown = singleLine(masked(location)) || 'nowhere';
  if (target?.protocol === 'https:' && url.protocol === 'http:' && target.hostname === url.hostname) {
    return {
      problem: `The cluster wants an encrypted connection (TLS): it sends http:// on to ${shown}.`,
      change: `Write https:// in ${address}.`,
    };
  }
  return /log-?in|sign-?in|auth|sso|realms/i.test(location)
    ? {
        problem: `At this address is a web application that sends everybody to its login page, ${shown}.`,
        change: `Correct host and path in ${address}: the REST API asks for no login page.`,
      }
    : {
        problem: `The address sends everybody on to ${shown}, and credentials are not sent after.`,
        change: `Write the address of the REST API itself in ${address}.`,
      };
}

function problemIn(failure: Failure, { settingNames }: Target['config']): string {
  const { problem } = failure;
  return problem.kind === 'not_a_topology' ? problem.mismatch : failureText(failure, settingNames).message;
}

/** Of a problem document (RFC 9457). */
function detailOf({ body, masked }: Answer): string {
  const problem = jsonObject(body);
  const texts = [problem?.title, problem?.detail].filter((part) => typeof part === 'string');
  return texts.length === 0 ? '' : `: ${singleLine(masked(texts.join(', ')))}`;
}

function titleOf({ body, masked }: Answer): string {
  const title = singleLine(masked(/<title>([^<]*)<\/title>/i.exec(body)?.[1] ?? ''), 60);
  return title === '' ? '' : ` (${JSON.stringify(title)})`;
}
