import type { X509Certificate } from 'node:crypto';
import { earliestExpiryOfChain, expiryOf } from '../certificates.ts';
import type { InvolvedProxy, ProxyInFront, TransportFailure } from '../failure.ts';
import { singleLine } from '../redact.ts';
import { proxyInFrontOf } from '../transport/proxy.ts';
import { transportFailureOf } from '../transport/transport-failure.ts';
import type { Endpoint } from './check-target.ts';
import { type CertificateError, hostOf, portOf } from './reachability.ts';
import type { Diagnosis, Target } from './steps.ts';
import { upperFirst } from './text-report.ts';

/** No connection came about: the name, the port, or the way there. */
export function connectionTrouble(error: unknown, { noun, url, names }: Endpoint): Diagnosis {
  const { reason, code, cause } = transportFailureOf(error);
  const host = hostOf(url);
  const port = portOf(url);
  switch (reason) {
    case 'dns':
      return code === 'EAI_AGAIN'
        ? {
            problem: `The name service (DNS) does not answer, so the address of ${host} is not known.`,
            change: `Check the network and DNS of this machine; the host stands in ${names.address}.`,
          }
        : {
            problem: `There is no host ${host}: the name service (DNS) of this machine does not know it.`,
            change: `Correct the host in ${names.address}, or the DNS of this machine.`,
          };
    case 'timeout':
      return {
        problem: `${host} does not answer on port ${port}: a firewall may be in between.`,
        change: `Check host and port in ${names.address}, and whether this machine may connect to it.`,
      };
    default:
      return {
        problem:
          code === 'ECONNREFUSED'
            ? `Nothing listens on port ${port} of ${host}.`
            : `${host} cannot be reached on port ${port}: ${cause}.`,
        change:
          `Start ${noun}, or correct host and port in ${names.address}.` +
          (/^(localhost|127\..*|::1)$/.test(host) ? ` In a container, ${host} is the container itself.` : ''),
      };
  }
}

/** The handshake ended before there was a certificate to look at. */
export function handshakeTrouble(error: unknown, endpoint: Endpoint): Diagnosis {
  const { noun, url, names } = endpoint;
  const { reason, cause, alert } = transportFailureOf(error);
  if (alert === 'client_certificate') return clientCertificateTrouble(endpoint);
  const where = `port ${portOf(url)} of ${hostOf(url)}`;
  if (reason === 'timeout') {
    return {
      problem: `${upperFirst(where)} is open, but does not begin an encrypted connection.`,
      change: `Check host and port in ${names.address}, and what listens there.`,
    };
  }
  if (alert === 'no_application_protocol') return http2Trouble(endpoint);
  if (alert === 'protocol_version') {
    return {
      problem: `${upperFirst(noun)} speaks only versions of TLS that are not accepted here: ${cause}.`,
      change: `Update ${noun}, or allow its version in ${names.minVersion}: without that it is TLS12 or newer.`,
    };
  }
  return {
    problem: `${upperFirst(noun)} does not speak TLS, as https:// asks for, on ${where} (${cause}).`,
    change: `If it is not encrypted, write http:// in ${names.address}; else correct the port there.`,
  };
}

export function http2Trouble({ noun, names }: Endpoint): Diagnosis {
  return names.enableHttp2 === undefined
    ? {
        problem: `${upperFirst(noun)} speaks only HTTP/2, and is asked by HTTP/1.1.`,
        change: `Let ${noun}, or what stands in front of it at ${names.address}, speak HTTP/1.1 too.`,
      }
    : {
        problem: `${upperFirst(noun)} speaks only HTTP/2, and is asked by HTTP/1.1.`,
        change: `Set ${names.enableHttp2}.`,
      };
}

export function clientCertificateTrouble({ noun, transport, names }: Endpoint): Diagnosis {
  return transport.tls.cert === undefined
    ? {
        problem: `${upperFirst(noun)} breaks off the encrypted connection: it wants to see a client certificate.`,
        change: `Name a certificate and its key in ${names.cert} and ${names.key}.`,
      }
    : {
        problem: `${upperFirst(noun)} does not accept the client certificate of ${names.cert}.`,
        change: `Name one in ${names.cert} and ${names.key} that comes from an authority which ${noun} trusts.`,
      };
}

export function certificateTrouble(
  { code, message }: CertificateError,
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
        problem: expiredProblem(certificate, host, now),
        change: `Renew it on the server. The address stands in ${names.address}; this machine's clock must be right, too.`,
      };
    case 'CERT_NOT_YET_VALID':
      return {
        problem: `The certificate of ${host} is not valid yet: its time begins on ${dateOf(Date.parse(certificate.validFrom))}.`,
        change: "Set this machine's clock, or renew the certificate on the server.",
      };
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return {
        problem: `The certificate is for ${namesOf(certificate)}, not for ${transport.tls.serverName ?? host}.`,
        change: `Write one of its names in ${names.address}, or set ${names.serverName} to one of them.`,
      };
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return untrustedTrouble(facts, endpoint);
    default:
      return {
        problem: `The certificate of ${host} (${facts.subject}), or one that it is issued by, is refused: ${message || code}.`,
        change: 'Replace that certificate on the server by one without this fault.',
      };
  }
}

function untrustedTrouble(
  { subject, issuer }: ReturnType<typeof certificateFacts>,
  { url, transport, names }: Endpoint,
): Diagnosis {
  const certificate = `The certificate of ${hostOf(url)} (${subject})`;
  return {
    problem:
      transport.tls.ca === undefined
        ? `${certificate} comes from a private authority: this machine does not know ${issuer}.`
        : `${certificate} comes from ${issuer}, which is not in the file of ${names.ca}.`,
    change: `Name a file with the certificate of ${issuer} (PEM) in ${names.ca}.`,
  };
}

function expiredProblem(certificate: X509Certificate, host: string, now: number): string {
  const own = expiryOf(certificate);
  if (own < now) return `The certificate of ${host} expired on ${dateOf(own)}.`;
  const earliest = earliestExpiryOfChain(certificate);
  const when = earliest === undefined || earliest > now ? '' : ` on ${dateOf(earliest)}`;
  return `A certificate that issued the one of ${host} expired${when}.`;
}

function dateOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

const day = 24 * 60 * 60 * 1000;

/** What a person wants to know of a certificate. A date that cannot be read is left out. */
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

/** The names that a certificate is good for. */
function namesOf({ subjectAltName, subject }: X509Certificate): string {
  const names = subjectAltName?.split(', ').map((name) => name.replace(/^(DNS|IP Address):/, ''));
  return singleLine(names?.join(', ') ?? shortName(subject));
}

/** Common name and organization of a distinguished name, which Node.js gives as lines `CN=…`. */
function shortName(lines: string | undefined): string {
  const partOf = (type: string) => new RegExp(`^${type}=(.*)$`, 'm').exec(lines ?? '')?.[1];
  const parts = [partOf('CN'), partOf('O')].filter((part) => part !== undefined);
  return singleLine(parts.length > 0 ? parts.join(', ') : (lines ?? 'nobody'));
}

/** Names the proxy that requests go through, in the middle of a sentence; undefined where they go directly. */
export function proxyBefore(
  { url, transport }: Pick<Endpoint, 'url' | 'transport'>,
  target: Target,
): string | undefined {
  const proxy = proxyInFrontOf(url, transport);
  return proxy && `the proxy ${proxy.address} of ${settingOf(proxy, target)}`;
}

/** A proxy is at fault. */
export function proxyTrouble(
  proxy: InvolvedProxy,
  cause: TransportFailure['cause'],
  { url }: Endpoint,
  target: Target,
): Diagnosis {
  const { address, status } = proxy;
  const setting = settingOf(proxy, target);
  if (status === 407) {
    return {
      problem: `The proxy ${address} asks for a user name and password (407).`,
      change: `Write those that it accepts into ${setting}: http://<user name>:<password>@${address}.`,
    };
  }
  if (status !== undefined) {
    const directly = proxy.setting === 'proxy_url' ? `remove ${setting}` : `name ${hostOf(url)} in NO_PROXY`;
    return {
      problem: `The proxy ${address} does not connect to port ${portOf(url)} of ${hostOf(url)}: it answers with status ${status}.`,
      change: `Allow that connection at the proxy, or ${directly}.`,
    };
  }
  return {
    problem: `The proxy ${address} cannot be reached, or breaks the connection off: ${cause}.`,
    change: `Start the proxy, or correct ${setting}.`,
  };
}

function settingOf({ setting }: ProxyInFront, { origin }: Target): string {
  return setting === 'proxy_url' ? origin.name('proxy_url') : setting;
}
