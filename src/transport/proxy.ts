import { BlockList, isIP } from 'node:net';
import { proxyUrlOf } from '../config/addresses.ts';
import type { TransportConfig } from '../config/config.ts';
import type { InvolvedProxy, ProxyInFront } from '../failure.ts';
import { omitUndefined } from '../omit-undefined.ts';

/**
 * Returns the proxy that requests to a URL go through: the configured one, else that of the environment; undefined
 * where they go directly. The URL may hold credentials.
 */
export function proxyFor(url: URL, { proxyUrl }: Pick<TransportConfig, 'proxyUrl'>): URL | undefined {
  if (proxyUrl !== undefined) return usable(proxyUrl.open());
  const [forHttp, forHttps] = environmentProxies();
  const proxy = url.protocol === 'https:' ? forHttps || forHttp : forHttp;
  return proxy && !isExcluded(url) ? usable(proxy) : undefined;
}

/**
 * Returns the secrets that are sent to the proxies that requests may go through: the credentials as they are sent
 * (RFC 7617), and the passwords.
 */
export function proxyCredentials({ proxyUrl }: Pick<TransportConfig, 'proxyUrl'>): readonly string[] {
  const proxies = proxyUrl === undefined ? environmentProxies() : [proxyUrl.open()];
  return proxies.filter(Boolean).map(usable).flatMap(credentialsIn);
}

/**
 * Returns the proxies for http and https, empty if there is none. A lower-case variable takes precedence, even if
 * empty.
 */
function environmentProxies(): readonly [string, string] {
  const { https_proxy, HTTPS_PROXY = '', http_proxy, HTTP_PROXY = '' } = process.env;
  return [http_proxy ?? HTTP_PROXY, https_proxy ?? HTTPS_PROXY];
}

/**
 * Throws if the URL is not that of a proxy. The configuration refuses such a URL, and going directly would ignore it.
 */
function usable(proxy: string): URL {
  const url = proxyUrlOf(proxy);
  if (url === undefined) throw new Error('expected the URL of an HTTP proxy, such as http://proxy:3128');
  return url;
}

function credentialsIn({ username, password }: URL): readonly string[] {
  if (username === '' && password === '') return [];
  const [user = '', secret = ''] = [username, password].map(decodeURIComponent);
  return [secret, Buffer.from(`${user}:${secret}`).toString('base64').replace(/=+$/, '')];
}

/** Tells whether the environment's NO_PROXY names the host of the URL. */
function isExcluded(url: URL): boolean {
  const { no_proxy, NO_PROXY = '' } = process.env;
  const entries = (no_proxy ?? NO_PROXY).toLowerCase().split(/[\s,]+/);
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return entries.some((entry) => {
    const [, pattern = entry, onlyPort = port] = /^(\[.*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
    return onlyPort === port && matchesHost(withoutBrackets(pattern), hostOf(url));
  });
}

/**
 * Matches a host with `*`, an IP address, a range of them, a domain with its subdomains, or `*.domain` for subdomains
 * only.
 */
function matchesHost(pattern: string, host: string): boolean {
  const [address = '', prefix] = pattern.split('/');
  if (isIP(address) !== 0) return isIP(host) !== 0 && isInRange(host, address, prefix);
  const domain = pattern.replace(/^\*?\./, '').replace(/\.$/, '');
  if (domain === '') return false;
  return pattern === '*' || (host === domain && !pattern.startsWith('*')) || host.endsWith(`.${domain}`);
}

/** A range with an invalid prefix (`/99`, `/x`) contains no address. */
function isInRange(host: string, address: string, prefix: string | undefined): boolean {
  const bits = isIP(address) === 4 ? 32 : 128;
  const length = Number(prefix ?? bits);
  if (prefix === '' || !Number.isInteger(length) || length < 0 || length > bits) return false;
  const range = new BlockList();
  range.addSubnet(address, length, addressFamily(address));
  return range.check(host, addressFamily(host));
}

function addressFamily(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6';
}

/** Returns the host in lower case, as the URL has it, without brackets around IPv6 and without a final dot. */
function hostOf({ hostname }: URL): string {
  return withoutBrackets(hostname).replace(/(.)\.$/, '$1');
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

/**
 * Means that there is no connection to the proxy itself; its cause says why. Failures behind the proxy are other
 * errors.
 */
export class ProxyError extends Error {
  /** Host and port, without credentials. */
  readonly host: string;

  constructor(host: string, cause: Error) {
    super(`no connection to the proxy ${host}`, { cause });
    this.name = 'ProxyError';
    this.host = host;
  }
}

/** A request that failed. */
export interface Requested {
  readonly url: URL;
  readonly transport: Pick<TransportConfig, 'proxyUrl'>;
  /** Whether an answer had begun to arrive. */
  readonly isAnswered?: boolean;
}

export function proxyInFrontOf(url: URL, transport: Requested['transport']): ProxyInFront | undefined {
  const proxy = proxyFor(url, transport);
  if (proxy === undefined) return undefined;
  const { hostname, port, protocol } = proxy;
  return {
    address: `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`,
    setting:
      transport.proxyUrl !== undefined
        ? 'proxy_url'
        : url.protocol === 'https:'
          ? 'HTTPS_PROXY or HTTP_PROXY'
          : 'HTTP_PROXY',
  };
}

/**
 * Returns the proxy of a failed request, and whether the request failed at the proxy. `chain` holds the error and its
 * causes, `code` is that of one of them. An http request uses one connection only, that to the proxy: if the proxy
 * cannot reach the server, it answers itself.
 */
export function involvedProxyOf(
  chain: readonly Error[],
  code: string,
  { url, transport, isAnswered = false }: Requested,
): InvolvedProxy | undefined {
  const proxy = proxyInFrontOf(url, transport);
  if (proxy === undefined) return undefined;
  const status = chain.map(statusOf).find((found) => found !== undefined);
  const isAtFault =
    status !== undefined ||
    chain.some((error) => error instanceof ProxyError) ||
    (!isAnswered && (url.protocol === 'http:' ? hangUps : hangUpsBeforeTunnel).has(code));
  return { ...proxy, isAtFault, ...omitUndefined({ status }) };
}

const hangUpsBeforeTunnel: ReadonlySet<string> = new Set(['UND_ERR_PRX_CONN']);
const hangUps: ReadonlySet<string> = new Set([...hangUpsBeforeTunnel, 'UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/** Returns the status with which a proxy refused a tunnel, which undici tells in the message of its error only. */
function statusOf({ message }: Error): number | undefined {
  const status = /^Proxy .*\((\d{3})\)/.exec(message)?.[1];
  return status === undefined ? undefined : Number(status);
}
