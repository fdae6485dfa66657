import type { X509Certificate } from 'node:crypto';
import { earliestExpiryOfChain, expiryOf } from '../certificates.ts';
import type { Failure, ProxyInFront } from '../failure.ts';
import { failureText } from '../failure-text.ts';
import { singleLine } from '../redact.ts';
import { proxyInFrontOf } from '../transport/proxy.ts';
import { transportFailureOf } from '../transport/transport-failure.ts';
import { type Endpoint, hostOf, portOf, type Target } from './check-target.ts';
import type { CertificateError } from './probes.ts';
import { type Diagnosis, upperFirst, withFullStop } from './steps.ts';

/** No connection was established: DNS, the port, or the network. */
export function diagnoseConnection(error: unknown, { noun, url, names }: Endpoint): Diagnosis {
  const { reason, code, cause } = transportFailureOf(error);
  const host = hostOf(url);
  const port = portOf(url);
  switch (reason) {
    case 'dns':
      return code === 'EAI_AGAIN'
        ? {
            problem: `The DNS lookup of ${host} failed: the name server did not answer.`,
            change: `Check the network and the DNS configuration of this machine, and the host in ${names.address}.`,
          }
        : {
            problem: `The host ${host} was not found in DNS.`,
            change: `Correct the host in ${names.address}, or the DNS configuration of this machine.`,
          };
    case 'timeout':
      return {
        problem: `The connection to ${host}, port ${port}, timed out: a firewall may be blocking it.`,
        change: `Check the host and port in ${names.address}, and whether this machine is allowed to connect.`,
      };
    default:
      return {
        problem:
          code === 'ECONNREFUSED'
            ? `The connection was refused: nothing listens on port ${port} of ${host}.`
            : `Cannot connect to ${host}, port ${port}: ${cause}.`,
        change:
          `Start ${noun}, or correct the host and port in ${names.address}.` +
          (/^(localhost|127\..*|::1)$/.test(host) ? ` Inside a container, ${host} is the container itself.` : ''),
      };
  }
}

/** The handshake failed before the server sent its certificate. */
export function diagnoseHandshake(error: unknown, endpoint: Endpoint): Diagnosis {
  const { noun, url, names } = endpoint;
  const { reason, alert, cause } = transportFailureOf(error);
  if (alert === 'client_certificate') return clientCertificateDiagnosis(endpoint);
  const port = `port ${portOf(url)} of ${hostOf(url)}`;
  if (reason === 'timeout') {
    return {
      problem: `${upperFirst(port)} accepted the connection, but the TLS handshake timed out.`,
      change: `Check the host and port in ${names.address}, and which service listens there.`,
    };
  }
  if (alert === 'no_application_protocol') return http2Diagnosis(endpoint);
  if (alert === 'protocol_version') {
    return {
      problem: `${upperFirst(noun)} supports only TLS versions that the exporter does not accept: ${cause}.`,
      change:
        `Upgrade ${noun}, or allow a version that it supports in ${names.minVersion}. ` +
        'Without that setting, TLS 1.2 or newer is required.',
    };
  }
  return {
    problem: `The address begins with https://, but ${port} does not speak TLS (${cause}).`,
    change: `If the connection is not encrypted, change https:// to http:// in ${names.address}; otherwise correct the port there.`,
  };
}

export function http2Diagnosis({ noun, names }: Endpoint): Diagnosis {
  return {
    problem: `${upperFirst(noun)} supports only HTTP/2, but the exporter uses HTTP/1.1.`,
    change:
      names.enableHttp2 === undefined
        ? `Enable HTTP/1.1 on ${noun}, or on the reverse proxy in front of it (${names.address}).`
        : `Set ${names.enableHttp2} to true.`,
  };
}

export function clientCertificateDiagnosis({ noun, transport, names }: Endpoint): Diagnosis {
  return transport.tls.cert === undefined
    ? {
        problem: `${upperFirst(noun)} requires a client certificate (mutual TLS), but none is set.`,
        change: `Set ${names.cert} and ${names.key} to the files of a client certificate and its key.`,
      }
    : {
        problem: `${upperFirst(noun)} rejected the client certificate of ${names.cert}.`,
        change: `Set ${names.cert} and ${names.key} to a certificate and key issued by a CA that ${noun} trusts.`,
      };
}

export function diagnoseCertificate(
  { code, cause }: CertificateError,
  certificate: X509Certificate,
  endpoint: Endpoint,
  now: number,
): Diagnosis {
  const { url, transport, names } = endpoint;
  const host = hostOf(url);
  const facts = certificateFacts(certificate, now);
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return {
        problem: expiryProblem(certificate, host, now),
        change: `Renew it on the server (${names.address}), and check the clock of this machine.`,
      };
    case 'CERT_NOT_YET_VALID':
      return {
        problem: `The certificate of ${host} is not yet valid: its validity begins on ${dateOf(Date.parse(certificate.validFrom))}.`,
        change: 'Correct the clock of this machine, or renew the certificate on the server.',
      };
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return {
        problem: `The certificate is valid for ${namesOf(certificate)}, not for ${transport.tls.serverName ?? host}.`,
        change: `Use one of its names as the host in ${names.address}, or set ${names.serverName} to one of them.`,
      };
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return untrustedDiagnosis(facts, endpoint);
    default:
      return {
        problem: `The certificate of ${host} (${facts.subject}), or a CA certificate in its chain, was rejected: ${cause || code}.`,
        change: 'Replace that certificate on the server with one that does not have this fault.',
      };
  }
}

function untrustedDiagnosis(
  { subject, issuer }: ReturnType<typeof certificateFacts>,
  { url, transport, names }: Endpoint,
): Diagnosis {
  const certificate = `The certificate of ${hostOf(url)} (${subject})`;
  return {
    problem:
      transport.tls.ca === undefined
        ? `${certificate} was issued by a CA that this machine does not trust: ${issuer}.`
        : `${certificate} was issued by ${issuer}, which is not in the CA file of ${names.ca}.`,
    change: `Set ${names.ca} to a file with the CA certificate of ${issuer} (PEM).`,
  };
}

function expiryProblem(certificate: X509Certificate, host: string, now: number): string {
  const own = expiryOf(certificate);
  if (own < now) return `The certificate of ${host} expired on ${dateOf(own)}.`;
  const earliest = earliestExpiryOfChain(certificate);
  const when = earliest === undefined || earliest > now ? '' : ` on ${dateOf(earliest)}`;
  return `A CA certificate in the chain of ${host} expired${when}.`;
}

function dateOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

const day = 24 * 60 * 60 * 1000;

/** The facts of a certificate that the report shows. An expiry that cannot be parsed is left out. */
export function certificateFacts(certificate: X509Certificate, now: number) {
  const expires = expiryOf(certificate);
  return {
    subject: shortName(certificate.subject),
    issuer: shortName(certificate.issuer),
    ...(Number.isFinite(expires) && {
      expires: new Date(expires).toISOString(),
      days_left: Math.floor((expires - now) / day),
    }),
  };
}

/** The host names for which a certificate is valid. */
function namesOf({ subjectAltName, subject }: X509Certificate): string {
  const names = subjectAltName?.split(', ').map((name) => name.replace(/^(DNS|IP Address):/, ''));
  return singleLine(names?.join(', ') ?? shortName(subject));
}

/** Common name and organization of a distinguished name, which Node.js writes as lines `CN=…`. */
function shortName(lines: string | undefined): string {
  const partOf = (type: string) => new RegExp(`^${type}=(.*)$`, 'm').exec(lines ?? '')?.[1];
  const parts = [partOf('CN'), partOf('O')].filter((part) => part !== undefined);
  return singleLine(parts.length > 0 ? parts.join(', ') : (lines ?? 'unknown'));
}

/** Names the proxy that requests go through, for the middle of a sentence; undefined if there is none. */
export function proxyBefore(
  { url, transport }: Pick<Endpoint, 'url' | 'transport'>,
  target: Target,
): string | undefined {
  const proxy = proxyInFrontOf(url, transport);
  return proxy && `the proxy ${proxy.address} (${settingOf(proxy, target)})`;
}

/** Undefined unless the request failed at the proxy. */
export function diagnoseProxy(failure: Failure, { url }: Endpoint, target: Target): Diagnosis | undefined {
  const { problem } = failure;
  if (problem.kind !== 'unanswered' || !problem.proxy?.isAtFault) return undefined;
  const { cause, proxy } = problem;
  const { address, status } = proxy;
  const { change } = diagnosisOf(failure, target);
  if (status === 407) return { problem: `The proxy ${address} requires a user name and password (407).`, change };
  if (status === undefined) {
    return { problem: `The proxy ${address} cannot be reached, or closed the connection: ${cause}.`, change };
  }
  const bypass =
    proxy.setting === 'proxy_url' ? `Remove ${settingOf(proxy, target)}` : `Add ${hostOf(url)} to NO_PROXY`;
  return {
    problem: `The proxy ${address} refused to connect to port ${portOf(url)} of ${hostOf(url)}: it returned HTTP ${status}.`,
    change: `${change} ${bypass} if the proxy is not needed.`,
  };
}

function settingOf({ setting }: ProxyInFront, { config }: Target): string {
  return setting === 'proxy_url' ? config.settingNames.proxy_url : setting;
}

/** The sentences of the log and the status page, for failures about which a check knows no more. */
export function diagnosisOf(failure: Failure, { config }: Target): Diagnosis {
  const { message, remedy } = failureText(failure, config.settingNames);
  return { problem: upperFirst(withFullStop(message)), change: upperFirst(withFullStop(remedy)) };
}
