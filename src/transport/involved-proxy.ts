import type { TransportConfig } from '../config/config.ts';
import { ProxyError, proxyFor } from './proxy.ts';

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
