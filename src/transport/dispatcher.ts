import { type Dispatcher, EnvHttpProxyAgent } from 'undici';
import type { TransportConfig } from '../config/config.ts';
import { trustAndIdentity } from './tls.ts';

/** Bytes; a larger answer is refused while it arrives. The largest topology that Zeebe allows stays well below. */
const maxAnswerBytes = 32 * 1024 * 1024;

/**
 * A keep-alive agent for one origin: its TLS settings, and a proxy where one is configured here or in the
 * environment. `timeout`, in milliseconds, ends what a caller's signal no longer waits for.
 */
export function createDispatcher({ tls, proxyUrl }: TransportConfig, timeout: number): Dispatcher {
  const tlsOptions = {
    rejectUnauthorized: !tls.insecureSkipVerify,
    ...trustAndIdentity(tls),
    ...(tls.serverName !== undefined && { servername: tls.serverName }),
  };
  const proxy = proxyUrl?.open();
  return new EnvHttpProxyAgent({
    connect: { timeout, ...tlsOptions },
    requestTls: { timeout, ...tlsOptions },
    headersTimeout: timeout,
    bodyTimeout: timeout,
    maxResponseSize: maxAnswerBytes,
    ...(proxy !== undefined && { httpProxy: proxy, httpsProxy: proxy, noProxy: '' }),
  });
}
