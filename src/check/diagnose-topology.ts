import type { ClusterConfig } from '../config/config.ts';
import { tenantsIn } from '../config/physical-tenants.ts';
import type { Failure, PollFailureReason, TlsAlert, Unanswered } from '../failure.ts';
import { jsonObject } from '../json.ts';
import { singleLine } from '../redact.ts';
import { tenantCredentials } from '../tenant-failure-text.ts';
import type { Answer, Reply } from '../transport/reply.ts';
import { clusterEndpoint, isSaasCluster, type Target } from './check-target.ts';
import { diagnoseAuthentication } from './diagnose-authentication.ts';
import { clientCertificateDiagnosis, diagnoseProxy, diagnosisOf, http2Diagnosis } from './diagnose-connection.ts';
import { type Diagnosis, type TokenFacts, upperFirst, withFullStop } from './steps.ts';

export interface FailedPoll {
  readonly failure: Failure<PollFailureReason>;
  /** The last reply of the cluster; absent if nothing was sent. */
  readonly reply: Reply | undefined;
  readonly token: TokenFacts | undefined;
}

/** Further requests and handshakes, carried out only if their result decides on the diagnosis. */
export interface Probes {
  /** Whether the topology is found under the other version of the API, with the same credentials. */
  readonly otherVersionWorks: () => Promise<boolean>;
  /** Whether the topology is found without asking for all physical tenants, with the same credentials. */
  readonly defaultTenantWorks: () => Promise<boolean>;
  /** Whether the port speaks TLS. */
  readonly speaksTls: () => Promise<boolean>;
  /** Whether the port supports HTTP/2 and not HTTP/1.1. */
  readonly speaksOnlyHttp2: () => Promise<boolean>;
  /** The alert with which the server closes a connection after the handshake, if any. */
  readonly alert: () => Promise<TlsAlert | undefined>;
}

/** The connection to the cluster was established, but there is no topology. */
export async function diagnoseTopology(poll: FailedPoll, target: Target, probes: Probes): Promise<Diagnosis> {
  const { failure, reply, token } = poll;
  const { problem } = failure;
  if (problem.kind === 'unanswered') {
    return (await diagnoseByProbes(problem, target, probes)) ?? diagnoseNoAnswer(failure, problem, target);
  }
  if (reply?.kind !== 'answer') return diagnosisOf(failure, target);
  if (failure.reason === 'auth') {
    const { physicalTenants } = target.config;
    const isOfTenant = physicalTenants !== undefined && (await probes.defaultTenantWorks());
    return isOfTenant ? tenantInsteadOfAdmin(failure, target) : diagnoseAuthentication(failure, reply, target, token);
  }
  if (problem.kind === 'not_found') return diagnoseNotFound(target, probes);
  return diagnoseAnswer(failure, reply, target);
}

/** The credentials are those of a tenant, and the topology of all tenants was asked for. */
function tenantInsteadOfAdmin({ request }: Failure, { config: { settingNames } }: Target): Diagnosis {
  return {
    problem: 'The cluster accepts these credentials for the physical tenant default, but not for the whole cluster.',
    change:
      `Set the credentials of a cluster admin, or remove ${settingNames.physical_tenants} to poll that tenant alone. ` +
      upperFirst(withFullStop(tenantCredentials(request))),
  };
}

/** Finds out why the peer closed the connection; undefined if it did not, or the probes find no reason. */
async function diagnoseByProbes(
  { reason }: Unanswered,
  target: Target,
  { speaksTls, speaksOnlyHttp2, alert }: Probes,
): Promise<Diagnosis | undefined> {
  if (reason !== 'connect') return undefined;
  const endpoint = clusterEndpoint(target);
  if (endpoint.url.protocol === 'http:') return (await speaksTls()) ? httpsDiagnosis(target) : undefined;
  if (await speaksOnlyHttp2()) return http2Diagnosis(endpoint);
  return (await alert()) === 'client_certificate' ? clientCertificateDiagnosis(endpoint) : undefined;
}

function httpsDiagnosis({ config }: Target): Diagnosis {
  return {
    problem: 'The cluster requires TLS, but the address begins with http://.',
    change: `Change http:// to https:// in ${config.settingNames.address}.`,
  };
}

/** The connection was established, but there was no answer. */
function diagnoseNoAnswer(
  failure: Failure<PollFailureReason>,
  { reason, alert, cause, proxy }: Unanswered,
  target: Target,
): Diagnosis {
  const { address, pollTimeout, settingNames } = target.config;
  if (alert === 'client_certificate') return clientCertificateDiagnosis(clusterEndpoint(target));
  if (reason === 'connect' && address.port === '26500') {
    return {
      problem: 'Port 26500 is the gRPC port of Zeebe, but the exporter uses the REST API.',
      change: `Set ${settingNames.address} to the address of the REST API; its port is 8080 by default.`,
    };
  }
  const atProxy = diagnoseProxy(failure, clusterEndpoint(target), target);
  if (atProxy) return atProxy;
  if (reason === 'timeout') {
    const who =
      proxy === undefined
        ? 'The cluster accepted the connection, but'
        : `The cluster, or the proxy ${proxy.address} in front of it,`;
    return {
      problem: `${who} did not answer within ${pollTimeout / 1000} s.`,
      change: diagnosisOf(failure, target).change,
    };
  }
  if (reason === 'connect' && proxy === undefined) {
    return {
      problem: `The peer closed the connection or did not answer with HTTP (${cause}).`,
      change: `Correct the port in ${settingNames.address}: the port of the REST API is 8080 by default.`,
    };
  }
  return diagnosisOf(failure, target);
}

async function diagnoseNotFound({ config }: Target, probes: Probes): Promise<Diagnosis> {
  const { address, apiVersion, physicalTenants, settingNames } = config;
  const { otherVersionWorks } = probes;
  const tenants = tenantsIn(address.pathname);
  if (physicalTenants) return diagnoseNoWholeCluster(config, probes);
  if (tenants.kind === 'one') return noSuchTenant(tenants.id, settingNames.address);
  if (apiVersion !== 'auto' && (await otherVersionWorks())) {
    const other = apiVersion === 'v1' ? 'v2' : 'v1';
    return {
      problem: `This cluster does not serve the API under /${apiVersion}, but under /${other}.`,
      change: `Set ${settingNames.api_version} to ${other}.`,
    };
  }
  return isSaasCluster(address)
    ? {
        problem: 'Camunda SaaS has no cluster with this id in this region.',
        change: `Correct ${settingNames.address}: the API tab of the cluster in Camunda Console shows region and id.`,
      }
    : {
        problem: `The server at ${address.href} answered 404: it has no REST API there.`,
        change: `Correct the path in ${settingNames.address}: it is the part before /v1/topology.`,
      };
}

async function diagnoseNoWholeCluster(
  { address, settingNames }: ClusterConfig,
  { defaultTenantWorks }: Probes,
): Promise<Diagnosis> {
  return (await defaultTenantWorks())
    ? {
        problem: 'This cluster has no physical tenants: it is older than Camunda 8.10.',
        change: `Remove ${settingNames.physical_tenants}.`,
      }
    : {
        problem: `The server at ${address.href} answered 404 to cluster/v2/topology: it has no REST API there, or it is older than Camunda 8.10.`,
        change: `Correct the path in ${settingNames.address}: it is the part before /cluster/v2/topology. For a cluster older than 8.10, remove ${settingNames.physical_tenants}.`,
      };
}

function noSuchTenant(id: string, addressName: string): Diagnosis {
  return id === 'default'
    ? {
        problem: 'This cluster has no configured physical tenants, and so no address for the tenant default (404).',
        change: `Remove /physical-tenants/default from ${addressName}.`,
      }
    : {
        problem: `This cluster has no physical tenant with the id ${id} (404).`,
        change: `Correct the id at the end of ${addressName}. Tenants are configured in the cluster, and are there after a rolling restart.`,
      };
}

function diagnoseAnswer(failure: Failure<PollFailureReason>, answer: Answer, target: Target): Diagnosis {
  const { pollInterval, settingNames } = target.config;
  const { problem } = failure;
  const recognized = diagnoseErrorPage(answer, target);
  if (recognized) return recognized;
  switch (problem.kind) {
    case 'redirect':
      return redirectDiagnosis(problem.location, answer.url, settingNames.address);
    case 'content_type':
      return {
        problem: `This address serves a web page${titleOf(answer)}, not the REST API.`,
        change: `Correct the host and path in ${settingNames.address}: web applications such as Operate have their own addresses.`,
      };
    case 'rate_limited':
      return {
        problem: 'The cluster rejects requests for now: it is overloaded.',
        change: `Check again later. If it continues, raise ${settingNames.poll_interval}, now ${pollInterval / 1000} s.`,
      };
    case 'not_a_topology':
      return {
        problem: `The response from this address is not the topology of a Zeebe cluster: ${withFullStop(problem.mismatch)}`,
        change: diagnosisOf(failure, target).change,
      };
    case 'http_status':
      return {
        problem: withFullStop(
          `The cluster, or a reverse proxy in front of it, returned HTTP ${answer.status}${detailOf(answer)}`,
        ),
        change: `See the logs of the cluster and of any reverse proxy in front of it (${settingNames.address}).`,
      };
    default:
      return diagnosisOf(failure, target);
  }
}

/** Recognizes the error pages of nginx about TLS. */
function diagnoseErrorPage({ url, body }: Answer, target: Target): Diagnosis | undefined {
  if (url.protocol === 'http:' && /plain HTTP request was sent to HTTPS port/i.test(body)) {
    return httpsDiagnosis(target);
  }
  return /No required SSL certificate was sent|SSL certificate error/i.test(body)
    ? clientCertificateDiagnosis(clusterEndpoint(target))
    : undefined;
}

function redirectDiagnosis(location: string, url: URL, addressName: string): Diagnosis {
  const target = URL.parse(location, url.href) ?? undefined;
  const shown = location || 'an unknown address';
  if (target?.protocol === 'https:' && url.protocol === 'http:' && target.hostname === url.hostname) {
    return {
      problem: `The cluster requires TLS: it redirects http:// to ${shown}.`,
      change: `Change http:// to https:// in ${addressName}.`,
    };
  }
  return /log-?in|sign-?in|auth|sso|realms/i.test(location)
    ? {
        problem: `This address belongs to a web application that redirects to its login page, ${shown}.`,
        change: `Correct the host and path in ${addressName}: the REST API has no login page.`,
      }
    : {
        problem: `This address redirects to ${shown}. Redirects are not followed, so that credentials go only to the configured address.`,
        change: `Set ${addressName} to the address of the REST API itself.`,
      };
}

/** Title and detail of a problem document (RFC 9457). */
function detailOf({ body, masked }: Answer): string {
  const problem = jsonObject(body);
  const texts = [problem?.title, problem?.detail].filter((part) => typeof part === 'string');
  return texts.length === 0 ? '' : `: ${singleLine(masked(texts.join(', ')))}`;
}

function titleOf({ body, masked }: Answer): string {
  const title = singleLine(masked(/<title>([^<]*)<\/title>/i.exec(body)?.[1] ?? ''), 60);
  return title === '' ? '' : ` (${JSON.stringify(title)})`;
}
