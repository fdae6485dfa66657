import { buildConnector, type Dispatcher, EnvHttpProxyAgent, Pool } from 'undici';
import type { TransportConfig } from '../config/config.ts';
import { secureContextOptions } from './tls.ts';

/** Bytes; a larger answer is refused while it arrives. The largest topology that Zeebe allows stays well below. */
const maxAnswerBytes = 32 * 1024 * 1024;

/** Opens a connection to a target, through a proxy's tunnel or not. Its TLS is verified when it calls back. */
export type Connect = buildConnector.connector;

/**
 * A keep-alive agent for one origin: its TLS settings, and a proxy where one is configured here or in the
 * environment. `timeout`, in milliseconds, ends what a caller's signal no longer waits for. `around` is put around
 * what opens the connections.
 */
export function createDispatcher(
  { tls, proxyUrl }: TransportConfig,
  timeout: number,
  around: (connect: Connect) => Connect = (connect) => connect,
): Dispatcher {
  const connectOptions = {
    timeout,
    // Each connection shows its certificates, and has them verified: a resumed session does neither.
    maxCachedSessions: 0,
    rejectUnauthorized: !tls.insecureSkipVerify,
    ...secureContextOptions(tls),
    ...(tls.serverName !== undefined && { servername: tls.serverName }),
  };
  const limits = { headersTimeout: timeout, bodyTimeout: timeout, maxResponseSize: maxAnswerBytes };
  const proxy = proxyUrl?.open();
  return new EnvHttpProxyAgent({
    connect: buildConnector(connectOptions),
    requestTls: connectOptions,
    factory: (origin, { connect, ...options }: Pool.Options) => {
      // Without the limits it is a client that asks a proxy for http addresses: the connection is the proxy's.
      const isToTarget = 'maxResponseSize' in options;
      const opened = isToTarget && typeof connect === 'function' ? around(connect) : connect;
      return new Pool(origin, { ...options, ...limits, ...(opened && { connect: opened }) });
    },
    ...limits,
    ...(proxy !== undefined && { httpProxy: proxy, httpsProxy: proxy, noProxy: '' }),
  });
}
