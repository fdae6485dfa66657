import { Agent, buildConnector, type Dispatcher, Pool, ProxyAgent } from 'undici';
import type { TransportConfig } from '../config/config.ts';
import { passOverContinue } from './continue.ts';
import { ProxyError, proxyFor } from './proxy.ts';
import { createReplacingDispatcher } from './replacing-dispatcher.ts';
import { secureContextOptions } from './tls.ts';

/** Bytes; a larger answer is refused while it arrives. The largest topology that Zeebe allows stays well below. */
export const maxAnswerBytes = 16 * 1024 * 1024;

/** Milliseconds that a connection is used: a name may get other addresses. */
const maxConnectionAge = 3 * 60 * 1000;

/** Opens a connection to a target, through a proxy's tunnel or not. Its TLS is verified when it calls back. */
export type Connect = buildConnector.connector;

export interface DispatcherOptions {
  /** Whether a connection may be used for several requests, one after the other. */
  readonly keepAlive?: boolean;
  /** Is put around what opens the connections. */
  readonly around?: (connect: Connect) => Connect;
}

/** The protocols that a TLS handshake offers (ALPN), the preferred one first. */
export function alpnProtocols({ enableHttp2 }: Pick<TransportConfig, 'enableHttp2'>): readonly string[] {
  return enableHttp2 ? ['http/1.1', 'h2'] : ['http/1.1'];
}

/**
 * How a connection is made to a host that has several addresses, where `timeout` milliseconds are left for the whole
 * request. Node.js tries the addresses one after the other, each but the last for 250 ms by default, which is less than
 * a TCP handshake takes over a slow link. A request needs three round trips at least, with TLS, so that one whose
 * handshake takes more than a third of the time would come too late anyway.
 */
export function tcpOptions(timeout: number): { readonly autoSelectFamilyAttemptTimeout: number } {
  return { autoSelectFamilyAttemptTimeout: Math.ceil(timeout / 3) };
}

/**
 * Sends requests with the TLS settings, directly or through a proxy that is configured here or in the environment.
 * `timeout`, in milliseconds, ends what a caller's signal no longer waits for.
 */
export function createDispatcher(
  transport: TransportConfig,
  timeout: number,
  { keepAlive = true, around = (connect) => connect }: DispatcherOptions = {},
): Dispatcher {
  const targetOptions = connectOptions(transport, timeout);
  const options = {
    headersTimeout: timeout,
    bodyTimeout: timeout,
    maxResponseSize: maxAnswerBytes,
    // What asks is one poll after the other.
    connections: 1,
    keepAliveMaxTimeout: maxConnectionAge,
    clientTtl: maxConnectionAge,
    ...(!keepAlive && { pipelining: 0 }),
  };

  return createReplacingDispatcher((counting) => {
    const pool = (origin: string | URL, connect: Connect) =>
      new Pool(origin, { ...options, connect: counting(passOverContinue(connect)) });

    const throughProxy = (proxy: URL, isTunnel: boolean) =>
      new ProxyAgent({
        uri: proxy.href,
        requestTls: targetOptions,
        proxyTls: { timeout, ...tcpOptions(timeout), allowH2: false },
        clientFactory: (url, { connect }: Opening) => new Pool(url, { connect: toProxy(connect, proxy) }),
        factory: (origin, { connect }: Opening) => pool(origin, isTunnel ? around(connect) : toProxy(connect, proxy)),
      });

    return new Agent({
      factory: (origin) => {
        const url = new URL(origin);
        const proxy = proxyFor(url, transport);
        return proxy === undefined
          ? pool(url, around(buildConnector(targetOptions)))
          : throughProxy(proxy, url.protocol === 'https:');
      },
    });
  });
}

/** What undici gives those who make its clients. */
interface Opening {
  readonly connect: Connect;
}

function connectOptions({ tls, enableHttp2 }: TransportConfig, timeout: number): buildConnector.BuildOptions {
  return {
    timeout,
    ...tcpOptions(timeout),
    allowH2: enableHttp2,
    // Each connection shows its certificates, and has them verified: a resumed session does neither.
    maxCachedSessions: 0,
    rejectUnauthorized: !tls.insecureSkipVerify,
    ...secureContextOptions(tls),
    ...(tls.serverName !== undefined && { servername: tls.serverName }),
  };
}

function toProxy(connect: Connect, { host }: URL): Connect {
  return (options, callback) =>
    connect(options, (...[error, socket]) => {
      if (socket) callback(null, socket);
      else callback(new ProxyError(host, error), null);
    });
}
