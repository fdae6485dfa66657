import { BlockList, isIP } from 'node:net';
import { proxyUrlOf } from '../config/addresses.ts';
import type { TransportConfig } from '../config/config.ts';

/**
 * The proxy that requests to a URL go through: the configured one, else that of the environment; undefined where they
 * go directly. May hold credentials.
 */
export function proxyFor(url: URL, { proxyUrl }: Pick<TransportConfig, 'proxyUrl'>): URL | undefined {
  if (proxyUrl !== undefined) return usable(proxyUrl.open());
  const [forHttp, forHttps] = environmentProxies();
  const proxy = url.protocol === 'https:' ? forHttps || forHttp : forHttp;
  return proxy && !isExcluded(url) ? usable(proxy) : undefined;
}

/**
 * What is sent to a proxy and must not be shown: the credentials as they are sent (RFC 7617), and the password. Those
 * of all proxies that requests may go through.
 */
export function proxyCredentials({ proxyUrl }: Pick<TransportConfig, 'proxyUrl'>): readonly string[] {
  const proxies = proxyUrl === undefined ? environmentProxies() : [proxyUrl.open()];
  return proxies.filter(Boolean).map(usable).flatMap(credentialsIn);
}

/** For http and for https; empty where there is none. The lower-case variable takes precedence, also where it is empty. */
function environmentProxies(): readonly [string, string] {
  const { https_proxy, HTTPS_PROXY = '', http_proxy, HTTP_PROXY = '' } = process.env;
  return [http_proxy ?? HTTP_PROXY, https_proxy ?? HTTPS_PROXY];
}

/** Throws where it is no proxy's URL, which the configuration rules out: going directly would be no answer to that. */
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

/** Whether the environment's NO_PROXY names the host of the URL. */
function isExcluded(url: URL): boolean {
  const { no_proxy, NO_PROXY = '' } = process.env;
  const entries = (no_proxy ?? NO_PROXY).toLowerCase().split(/[\s,]+/);
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return entries.some((entry) => {
    const [, pattern = entry, onlyPort = port] = /^(\[.*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
    return onlyPort === port && matches(withoutBrackets(pattern), hostOf(url));
  });
}

/** `*`, a range or a single IP address, a domain with its subdomains, or `*.domain` for the subdomains alone. */
function matches(pattern: string, host: string): boolean {
  const [address = '', prefix] = pattern.split('/');
  if (isIP(address) !== 0) return isIP(host) !== 0 && isInRange(host, address, prefix);
  const domain = pattern.replace(/^\*?\./, '').replace(/\.$/, '');
  if (domain === '') return false;
  return pattern === '*' || (host === domain && !pattern.startsWith('*')) || host.endsWith(`.${domain}`);
}

/** A prefix that is none (`/99`, `/x`) matches nothing. */
function isInRange(host: string, address: string, prefix: string | undefined): boolean {
  const bits = isIP(address) === 4 ? 32 : 128;
  const length = Number(prefix ?? bits);
  if (prefix === '' || !Number.isInteger(length) || length < 0 || length > bits) return false;
  const range = new BlockList();
  range.addSubnet(address, length, family(address));
  return range.check(host, family(host));
}

function family(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6';
}

/** The URL has it in lower case. */
function hostOf({ hostname }: URL): string {
  return withoutBrackets(hostname).replace(/(.)\.$/, '$1');
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

/** No connection to the proxy at `host` came about; its cause says why. What happens behind a proxy is not meant. */
export class ProxyError extends Error {
  /** With the port, without credentials. */
  readonly host: string;

  constructor(host: string, cause: Error) {
    super(`no connection to the proxy ${host}`, { cause });
    this.name = 'ProxyError';
    this.host = host;
  }
}

/** The proxy that requests to a URL go through. */
export interface ProxyInFront {
  /** Host and port, without credentials. */
  readonly address: string;
  /** The setting that names it. */
  readonly setting: 'proxy_url' | 'HTTP_PROXY' | 'HTTPS_PROXY or HTTP_PROXY';
}

/** That of a failed request. */
export interface InvolvedProxy extends ProxyInFront {
  /** Whether the request failed at the proxy; false where it may as well have failed behind it. */
  readonly isAtFault: boolean;
  /** With which the proxy refused the request. */
  readonly status?: number;
}

/** What was requested, and how. */
export interface Requested {
  readonly url: URL;
  readonly transport: Pick<TransportConfig, 'proxyUrl'>;
  /** Whether an answer had begun. */
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
 * Tells a proxy's part in what ended a request: an error, its causes and the code of one of them. An http request has
 * one connection only, that to the proxy, which answers itself where it cannot reach who is behind it.
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
  return { ...proxy, isAtFault, ...(status !== undefined && { status }) };
}

const hangUpsBeforeTunnel: ReadonlySet<string> = new Set(['UND_ERR_PRX_CONN']);
const hangUps: ReadonlySet<string> = new Set([...hangUpsBeforeTunnel, 'UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/** Undici's words for what a proxy answered instead of doing what it was asked. */
function statusOf({ message }: Error): number | undefined {
  const status = /^Proxy .*\((\d{3})\)/.exec(message)?.[1];
  return status === undefined ? undefined : Number(status);
}

/** What to do where the request went through a proxy; where it did not, or failed behind it, what is to be done anyway. */
export function remedyWithProxy(remedy: string, proxy: InvolvedProxy | undefined): string {
  if (proxy === undefined) return remedy;
  const { address, setting, isAtFault, status } = proxy;
  if (!isAtFault) return `${remedy}; the request goes through the proxy ${address} of ${setting}`;
  if (status === 407) {
    return `the proxy ${address} asks for credentials: write a user name and password that it accepts into its URL in ${setting}`;
  }
  if (status !== undefined) return `let the proxy ${address} of ${setting} allow connections to this address`;
  return `check that the proxy ${address} runs and can be reached from here, and its address in ${setting}`;
}
